import { asRotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'
import { undoAdoption } from './adopt.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import type { Destination } from '../model/destination.ts'
import type { CreatedCredential, CredentialPort, Slot } from '../model/ports.ts'
import { findLateConsumers } from './revoke/runs-in-flight.ts'
import type { RotationContext } from '../model/rotation.ts'
import { confirmWrites, findWriteError, writeSlots, type SlotFill } from './write.ts'

/**
 * Undoes what a failed run changed. PRIMARY is restored first, wherever a write happened or may have happened. Only when every destination is known
 * to hold its old value again are the new credentials deleted. Continues past failures, and records them in the run log.
 *
 * Staging is not undone: SECONDARY then holds the same working value as PRIMARY. Restoring SECONDARY's previous value could bring back a credential
 * that another run, which believes that it holds the lock too, is revoking at the same time.
 */
export async function undo(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  const { inPlace = [], separate = [] } = Object.groupBy(log.created, ([credential]) =>
    credential.inPlace ? 'inPlace' : 'separate'
  )
  await Promise.all(inPlace.map((one) => discard(context, log, one)))
  const restored = await restorePrimary(context, log, plans)
  if (!restored) {
    for (const [credential, { object }] of separate) {
      log.unresolved.push(
        `${credential.name}: the new ${object.id} remains valid, since a PRIMARY slot may hold it`
      )
    }
    return
  }
  // As long as PRIMARY may hold something else, only the managed name identifies the old one to the next run.
  await Promise.all([undoAdoption(log), ...separate.map((one) => discard(context, log, one))])
}

async function restorePrimary(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<boolean> {
  if (findTouched(log).size === 0) return true
  if (plans.some(({ observed }) => observed.credential.current === 'unknown')) {
    log.unresolved.push(
      'What was written stays, since the values before it are not known: the old credentials and the new ones remain valid, and the next run writes every destination again'
    )
    return false
  }
  if (plans.some(({ serving: serving }) => serving.slot === 'none')) {
    log.unresolved.push(
      'PRIMARY was not restored where its old value does not work and SECONDARY does not work either'
    )
    return false
  }
  const promoted = log.writes.filter(({ purpose }) => purpose === 'promote')
  const fillsOf = (slot: Slot): readonly SlotFill[] =>
    plans.flatMap(({ observed: { credential }, serving: serving }): SlotFill[] => {
      const written = promoted.some((one) => one.credential === credential && one.outcome.write.slot === slot)
      if (serving.slot === 'none' || !written) return []
      return [{ credential, slot, values: serving.values, holds: serving.id, expiresAt: serving.expiresAt }]
    })
  // In this order one of the slots is complete at every moment.
  const spare = fillsOf('secondary')
  if (spare.length > 0 && !(await restoreSlots(context, log, spare))) return false
  return await restoreSlots(context, log, fillsOf('primary'))
}

/** Finds the secrets that were written or may have been, at each destination that was promoted or may have been. */
function findTouched({ writes }: RunLog): ReadonlyMap<Destination, ReadonlySet<string>> {
  const applied = writes.filter(
    ({ purpose, outcome }) => purpose !== 'restore' && outcome.effect !== 'not-applied'
  )
  const promoted = new Set(
    applied.filter(({ purpose }) => purpose === 'promote').map(({ destination }) => destination)
  )
  const byDestination = Map.groupBy(
    applied.filter(({ destination }) => promoted.has(destination)),
    ({ destination }) => destination
  )
  return new Map(
    [...byDestination].map(([destination, own]) => [
      destination,
      new Set(own.map(({ outcome }) => outcome.write.secret))
    ])
  )
}

/**
 * Restores old values wherever a promotion was made or may have been made, and reads them back.
 * @returns whether every such destination is known to hold them again; failures are recorded
 */
export async function restoreSlots(
  context: RotationContext,
  log: RunLog,
  fills: readonly SlotFill[]
): Promise<boolean> {
  const touched = findTouched(log)
  if (touched.size === 0) return true
  const gone = await findRevoked(fills)
  if (gone.length > 0) {
    log.unresolved.push(...gone)
    return false
  }
  context.reporter.info(
    `Restoring the old values at ${[...touched.keys()].map(({ label }) => label).join(', ')}`
  )
  const writes = await writeSlots({
    rotation: context.rotation,
    log,
    purpose: 'restore',
    fills,
    only: (destination, secret) => touched.get(destination)?.has(secret) === true
  })
  try {
    await confirmWrites(writes)
  } catch (thrown) {
    log.unresolved.push(
      `It could not be confirmed that the slots hold their old values again (${asRotationError(thrown).message})`
    )
    return false
  }
  const error = findWriteError(writes)
  const unsure = writes.filter(
    ({ confirmation }) => confirmation?.state !== 'confirmed' && confirmation?.state !== 'pending'
  )
  if (error !== undefined) log.unresolved.push(error.message)
  for (const { destination, outcome } of unsure) {
    log.unresolved.push(
      `${destination.label}: it is not known whether ${outcome.write.secret} holds its old value again`
    )
  }
  if (error !== undefined || unsure.length > 0) return false
  const slots = new Set(fills.map(({ slot }) => slot.toUpperCase()))
  for (const { label } of touched.keys()) {
    for (const slot of slots) log.reverted.push(`${label}: ${slot} holds its old value again`)
  }
  return true
}

/**
 * Finds old values that another run has revoked meanwhile, which must not return to a slot. What cannot be read counts as valid, as it is under a lock;
 * but where this run's own tokens are refused, another run has revoked those too.
 */
async function findRevoked(fills: readonly SlotFill[]): Promise<readonly string[]> {
  const found = await Promise.all(
    fills.map(async ({ credential, slot, holds }) => {
      const reason = await findRevocation(credential, holds)
      return reason === undefined
        ? []
        : [`${credential.name}: ${slot.toUpperCase()} was not restored, since the old ${holds} ${reason}`]
    })
  )
  return found.flat()
}

async function findRevocation(credential: CredentialPort, id: string): Promise<string | undefined> {
  try {
    const object = await credential.reread(id)
    if (object === undefined) return 'was deleted during this run'
    return object.status === 'disabled' ? 'was disabled during this run' : undefined
  } catch (thrown) {
    return asRotationError(thrown).code === 'refused'
      ? 'may have been revoked: the tokens of this run no longer work'
      : undefined
  }
}

async function discard(
  context: RotationContext,
  log: RunLog,
  [credential, created]: readonly [CredentialPort, CreatedCredential]
): Promise<void> {
  const { id } = created.object
  const isPromotedLate = [...findTouched(log).keys()].some((one) => one.findReasonToWait !== undefined)
  const reason =
    isPromotedLate && !credential.inPlace
      ? await findLateConsumers(context, credential, created.object)
      : undefined
  if (reason !== undefined) {
    log.unresolved.push(`${credential.name}: the new ${id} remains valid: ${reason}`)
    return
  }
  try {
    const left = await credential.discard(created)
    if (left !== undefined) {
      log.unresolved.push(`${credential.name}: ${left}`)
      return
    }
    log.reverted.push(`${credential.name}: the new ${id} was deleted`)
    context.reporter.info(`${credential.name}: deleted the new ${id}`)
  } catch (thrown) {
    log.unresolved.push(
      `${credential.name}: the new ${id} could not be discarded; the next run discards it (${asRotationError(thrown).message})`
    )
  }
}
