import { RotationError, asRotationError } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'
import { retiredName, adoptedName } from './adopt.ts'
import type { CredentialObject, CredentialPort, FieldValues } from '../model/ports.ts'
import { isAliveAgain, proveDead, type Proof } from './verify.ts'
import type { ObservedCredential } from '../plan/observe.ts'
import { retain, successorsOf, type PlannedRevocation } from './revoke.ts'
import type { RotationContext } from '../model/rotation.ts'
import { idOf } from '../plan/verdict.ts'

/** Something old that PRIMARY held until this run, with what proves that it is dead and that its successor works. */
interface Retirement {
  readonly planned: PlannedRevocation
  readonly credential: CredentialPort
  readonly old: CredentialObject
  readonly oldValues: FieldValues | undefined
  readonly newValues: FieldValues
}

/** What is retired, and when not. */
export interface RetireRequest {
  readonly planned: readonly PlannedRevocation[]
  /** Why it must wait, found by `findReasonToWait`. */
  readonly wait: string | undefined
  /** What is exposed is never switched on again, whatever the proofs say. */
  readonly exposed: boolean
  /** What can be done at the same time as the deletions; it must not throw. */
  readonly meanwhile: () => Promise<void>
}

/** The successor stopped working when the old one was switched off: everything is to be put back, unless the old one is exposed. */
export class SuccessorFailed extends RotationError {}

/**
 * Revokes what PRIMARY held until this run, the most careful step of all: switched off first, then proven dead while its successor is proven to
 * work, and only then deleted. What may still be needed is kept, and noted in its name, so that a later run finishes.
 * @throws SuccessorBroken when the successor does not work any longer; the old one is switched on again before
 * @throws RotationError `not-verified` when the old one still gets through; it is switched on again, unless it is exposed, and the new one stays
 */
export async function disableThenDelete(
  context: RotationContext,
  log: RunLog,
  { planned, wait, exposed, meanwhile }: RetireRequest
): Promise<void> {
  const retirements = planned.map((one): Retirement => {
    const { credential, primary } = one.plan.observed
    const newValues = log.created.get(credential)?.values ?? primary.values
    if (newValues === undefined) throw new TypeError(`${credential.name} has no PRIMARY`)
    // What a slot held in an earlier run can't be proven dead: its values are gone.
    const oldValues = valuesHeld(one.plan.observed, one.revocation.object.id)
    return { planned: one, credential, old: one.revocation.object, oldValues, newValues }
  })
  if (planned.length === 0) return
  log.wrote = true
  if (wait !== undefined) {
    await Promise.all(retirements.map((one) => keepForLater(context, log, one, wait)))
    return
  }
  const removable = exposed ? retirements : await findRemovable(context, log, retirements)
  const suspended = await disableAll(context, log, removable)
  const proofs = await Promise.all(
    suspended.map(async (one) => ({ one, proof: await proveSafely(context, log, one) }))
  )
  const broken = proofs.find(({ proof }) => proof.state === 'broken')
  if (broken !== undefined && !exposed) {
    // Its own name comes back only when PRIMARY holds it again for certain: until then the name tells whose it is.
    const resumed = await enableAll(context, log, {
      resumed: suspended,
      nameOf: ({ credential, old }) =>
        old.managed === undefined && !credential.inPlace ? adoptedName(context, credential, old) : old.name
    })
    if (resumed) await awaitAlive(context, log, suspended)
    const error = brokenError(broken.one, broken.proof)
    // What could not be switched on again must not come back into a slot: the new one is all that is left.
    throw resumed ? error : new RotationError(error.code, error.message, { cause: error })
  }
  await Promise.all([
    meanwhile(),
    ...proofs
      .filter(({ proof }) => exposed || proof.state !== 'alive')
      .filter(({ proof }) => proof.state !== 'broken')
      .map(({ one, proof }) => remove(context, log, one, proof))
  ])
  if (broken !== undefined) throw brokenError(broken.one, broken.proof)
  const alive = proofs.filter(({ proof }) => proof.state === 'alive')
  if (exposed) throwIfAlive(alive)
  await enableAll(context, log, {
    resumed: alive.map(({ one }) => one),
    nameOf: ({ credential, old }) => retiredName(context, credential, old)
  })
  const [first] = alive
  if (first === undefined) return
  for (const { one, proof } of alive) retain(context, log, one.planned, describe(proof))
  throw new RotationError(
    'not-verified',
    `${first.one.credential.name}: the old ${first.one.old.id} was switched off and could not be proven dead: ${describe(first.proof)}`,
    {
      hint: 'It is switched on again, and the new one is in place. The next run tries again; check that the probe asks for this credential.'
    }
  )
}

/**
 * What an earlier run left is known by its name alone, which anyone who may edit it can write: before it is disabled, every rule that names it must
 * name a successor too. What PRIMARY held until now has just been given one.
 */
async function findRemovable(
  context: RotationContext,
  log: RunLog,
  retirements: readonly Retirement[]
): Promise<readonly Retirement[]> {
  const results = await Promise.all(
    retirements.map(async (one) => {
      const { credential, old, planned, oldValues } = one
      if (credential.inPlace || oldValues !== undefined) return one
      try {
        await credential.requireRemovable(old.id, successorsOf(log, planned.plan.observed))
        return one
      } catch (thrown) {
        retain(context, log, planned, asRotationError(thrown).message.replace(/\.$/, ''))
        return undefined
      }
    })
  )
  return results.filter((one) => one !== undefined)
}

async function keepForLater(
  context: RotationContext,
  log: RunLog,
  one: Retirement,
  reason: string
): Promise<void> {
  const { credential, old, planned } = one
  if (!credential.inPlace) {
    try {
      await credential.rename(old, retiredName(context, credential, old))
    } catch (thrown) {
      log.warnings.push(
        `${credential.name}: ${old.id} could not be marked as retired: ${asRotationError(thrown).message}`
      )
    }
  }
  retain(
    context,
    log,
    planned,
    credential.inPlace ? `${reason}; its previous secret ends with the grace` : reason
  )
}

/** What was deleted and still gets through is not contained yet. */
function throwIfAlive(alive: readonly { readonly one: Retirement; readonly proof: Proof }[]): void {
  const [first] = alive
  if (first === undefined) return
  throw new RotationError(
    'not-contained',
    `${first.one.credential.name}: the exposed ${first.one.old.id} was deleted and still gets through: ${describe(first.proof)}`,
    {
      hint: "Cloudflare's edge may take long to forget it: try it with the same probe again, and take it out of the rules that admit it by hand."
    }
  )
}

/** Whether an object's death can be proven: it works, and a slot holds its values. */
export function isProvable({ plan: { observed }, revocation: { object } }: PlannedRevocation): boolean {
  return object.status === 'active' && valuesHeld(observed, object.id) !== undefined
}

/** The values of an object, where a slot held them when the run began. */
function valuesHeld(observed: ObservedCredential, id: string): FieldValues | undefined {
  return [observed.primary, observed.secondary].find((slot) => idOf(slot?.reading) === id)?.values
}

/** Switches off what can be; one that can't be is kept, and no harm is done. */
async function disableAll(
  context: RotationContext,
  log: RunLog,
  retirements: readonly Retirement[]
): Promise<readonly Retirement[]> {
  const results = await Promise.all(
    retirements.map(async (one) => {
      const { credential, old, planned } = one
      try {
        await credential.disable(old, retiredName(context, credential, old))
        context.reporter.info(`${credential.name}: switched ${old.id} off`)
        return one
      } catch (thrown) {
        const error = asRotationError(thrown)
        if (error.effect !== 'not-applied')
          await enableAll(context, log, {
            resumed: [one],
            nameOf: () => retiredName(context, credential, old)
          })
        retain(context, log, planned, `it could not be switched off (${error.message})`)
        return undefined
      }
    })
  )
  return results.filter((one) => one !== undefined)
}

/** A proof that could not be made, for want of an answer, is a proof that the successor can't be relied on. */
async function proveSafely(context: RotationContext, log: RunLog, one: Retirement): Promise<Proof> {
  try {
    return await proveDead(context, log, one)
  } catch (thrown) {
    return { state: 'broken', reason: asRotationError(thrown).message }
  }
}

/** @returns whether all of them work again */
async function enableAll(
  context: RotationContext,
  log: RunLog,
  { resumed, nameOf }: { resumed: readonly Retirement[]; nameOf: (one: Retirement) => string }
): Promise<boolean> {
  const results = await Promise.all(
    resumed.map(async (one) => {
      const { credential, old } = one
      // What was off before this run stays off: somebody may have had a reason.
      if (old.status !== 'active') return true
      try {
        await credential.enable(old, nameOf(one))
        context.reporter.info(`${credential.name}: switched ${old.id} on again`)
        log.reverted.push(`${credential.name}: the old ${old.id} was switched on again`)
        return true
      } catch (thrown) {
        log.unresolved.push(
          `${credential.name}: the old ${old.id} could not be switched on again (${asRotationError(thrown).message})`
        )
        return false
      }
    })
  )
  return results.every((done) => done)
}

/** Written back before the edge lets it through again, it would leave consumers with nothing; what never gets through is written back all the same. */
async function awaitAlive(
  context: RotationContext,
  log: RunLog,
  resumed: readonly Retirement[]
): Promise<void> {
  await Promise.all(
    resumed.map(async ({ credential, old, oldValues: values }) => {
      if (values === undefined || old.status !== 'active') return
      context.reporter.info(`${credential.name}: waiting until ${old.id} gets through again`)
      const alive = await isAliveAgain(context, { credential, values }).catch(() => false)
      if (alive) return
      const warning = `${credential.name}: ${old.id} was switched on again and does not get through yet`
      log.warnings.push(warning)
      context.reporter.warning(warning)
    })
  )
}

async function remove(context: RotationContext, log: RunLog, one: Retirement, proof: Proof): Promise<void> {
  const { credential, old, planned } = one
  const { clock, reporter } = context
  const word = proof.state === 'proven' ? 'proven dead' : `switched off, not proven dead: ${describe(proof)}`
  const at = clock.now()
  if (proof.state !== 'proven') {
    log.warnings.push(`${credential.name}: ${old.id} was revoked but not proven dead: ${describe(proof)}`)
  }
  try {
    if (!credential.inPlace) await credential.remove(old.id, successorsOf(log, planned.plan.observed))
    log.revoked.push({ credential, revocation: planned.revocation, at })
    reporter.info(`${credential.name}: revoked ${old.id} (${word})`)
  } catch (thrown) {
    retain(
      context,
      log,
      planned,
      `it is switched off, but could not be deleted (${asRotationError(thrown).message})`
    )
  }
}

function brokenError({ credential, old }: Retirement, proof: Proof): SuccessorFailed {
  const hint = proof.state === 'broken' ? proof.hint : undefined
  return new SuccessorFailed(
    'probe-failed',
    `${credential.name}: when the old ${old.id} was switched off, its successor did not work any longer: ${describe(proof)}`,
    {
      hint: hint ?? 'Some rule still depends on the old one: see which policies, groups or services name it.'
    }
  )
}

function describe(proof: Proof): string {
  return proof.state === 'proven' ? 'proven dead' : proof.reason
}
