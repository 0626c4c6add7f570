import { RotationError, asRotationError } from '../../../kernel/error.ts'
import type { RotationContext } from '../../model/rotation.ts'
import { adoptedName, retiredName } from '../adopt.ts'
import { SuccessorFailed } from '../post-promotion-error.ts'
import type { RunLog } from '../run-log.ts'
import { worksAgain } from '../verify.ts'
import { confirmRevoked, type RevocationProof } from './confirm-revoked.ts'
import { deleteOne, describe, isNeeded, unconfirmed, type Disabled } from './delete-disabled.ts'
import {
  disable,
  enable,
  findValues,
  keepForLater,
  oldCredentialOf,
  type OldCredential
} from './old-credential.ts'
import { isLeftover, retain, successorsOf, type PlannedRevocation } from './revoke.ts'

/** Input of {@link disableThenDelete}. */
export interface DisableRequest {
  readonly planned: readonly PlannedRevocation[]
  /** Reason to wait, found by `findReasonToWait`. */
  readonly wait: string | undefined
}

/**
 * Revokes what PRIMARY held until this run, the most careful step of all. It is disabled first, then confirmed revoked while its successor is
 * confirmed to work, and only then deleted. What may still be needed is kept, and its name tells a later run so. With `contain` nothing is
 * re-enabled, whatever the probes say.
 * @throws SuccessorFailed when the successor no longer works, or a rule admits the old one alone; the old one was re-enabled before
 * @throws RotationError `not-verified` when the old one is still accepted, `access-policy` when a rule admits a leftover alone; it was re-enabled, and the
 * new one stays
 */
export async function disableThenDelete(
  context: RotationContext,
  log: RunLog,
  { planned, wait }: DisableRequest
): Promise<void> {
  if (planned.length === 0) return
  const all = planned.map((one) => oldCredentialOf(log, one))
  log.wrote = true
  if (wait !== undefined) {
    await Promise.all(all.map((one) => keepForLater(context, log, one, wait)))
    return
  }
  const removable = context.contain ? all : await keepIf(all, (one) => isRemovable(context, log, one))
  const disabled = await keepIf(removable, (one) => disable(context, log, one))
  const results = await Promise.all(
    disabled.map(async (one) => ({ one, proof: await confirmSafely(context, log, one) }))
  )
  if (context.contain) await deleteExposed(context, log, results)
  else await deleteConfirmed(context, log, results)
}

async function deleteConfirmed(
  context: RotationContext,
  log: RunLog,
  results: readonly Disabled[]
): Promise<void> {
  const failed = results.find(({ proof }) => proof.state === 'successor-failed')
  if (failed !== undefined) {
    await restoreDisabled(
      context,
      log,
      results.map(({ one }) => one),
      successorError(failed)
    )
  }
  const tried = await Promise.all(
    results.map(async (one) =>
      one.proof.state === 'still-valid' ? unconfirmed(one) : await deleteOne(context, log, one)
    )
  )
  const unrevoked = tried.filter((one) => one !== undefined)
  const [first] = unrevoked
  if (first === undefined) return
  const needed = unrevoked.find(({ one, error }) => isNeeded(error) && !isLeftover(one.planned))
  if (needed !== undefined) {
    const { message, code, hint } = needed.error
    await restoreDisabled(
      context,
      log,
      unrevoked.map(({ one }) => one),
      new SuccessorFailed(code, message, { hint, cause: needed.error })
    )
  }
  await Promise.all(
    unrevoked.map(({ one }) => enable(context, log, one, retiredName(context, one.credential, one.old)))
  )
  for (const { one, reason } of unrevoked) retain(context, log, one.planned, reason)
  throw first.error
}

/** Deletes exposed credentials even where they are still accepted, except those whose successor failed: consumers need them. */
async function deleteExposed(
  context: RotationContext,
  log: RunLog,
  results: readonly Disabled[]
): Promise<void> {
  const failed = results.find(({ proof }) => proof.state === 'successor-failed')
  await Promise.all(
    results
      .filter(({ proof }) => proof.state !== 'successor-failed')
      .map((one) => deleteOne(context, log, one))
  )
  if (failed !== undefined) throw successorError(failed)
  const valid = results.find(({ proof }) => proof.state === 'still-valid')
  if (valid === undefined) return
  throw new RotationError(
    'not-contained',
    `${valid.one.credential.name}: the exposed ${valid.one.old.id} was deleted and is still accepted: ${describe(valid.proof)}`,
    {
      hint: "The deletion may take long to reach Cloudflare's edge: run the same probe again, and remove the credential from its policies by hand."
    }
  )
}

/** Re-enables everything. @throws RotationError always */
async function restoreDisabled(
  context: RotationContext,
  log: RunLog,
  disabled: readonly OldCredential[],
  error: SuccessorFailed
): Promise<never> {
  // Its original name is restored only when PRIMARY certainly holds it again: until then the managed name identifies it.
  const enabled = await Promise.all(
    disabled.map((one) => {
      const { credential, old } = one
      const name = old.managed === undefined ? adoptedName(context, credential, old) : old.name
      return enable(context, log, one, name)
    })
  )
  // What could not be re-enabled must not be written into a slot again: only the new one is left. `with` makes a plain RotationError of it.
  if (enabled.includes(false)) throw error.with({})
  await Promise.all(disabled.map((one) => awaitAccepted(context, log, one)))
  throw error
}

/**
 * Waits until a re-enabled credential is accepted: a value that is restored earlier would leave consumers with nothing. One that is never accepted is
 * restored too.
 */
async function awaitAccepted(
  context: RotationContext,
  log: RunLog,
  { credential, old, oldValues: values }: OldCredential
): Promise<void> {
  if (values === undefined || old.status !== 'active') return
  context.reporter.info(`${credential.name}: waiting until ${old.id} is accepted again`)
  if (await worksAgain(context, { credential, values }).catch(() => false)) return
  const warning = `${credential.name}: ${old.id} was re-enabled and is not accepted yet`
  log.warnings.push(warning)
  context.reporter.warning(warning)
}

/**
 * Whether every rule that names a leftover also names a successor. An earlier run's leftover is known by its name alone, which anyone who may edit it
 * can write. What PRIMARY held until now was looked at while its promotion was confirmed.
 */
async function isRemovable(context: RotationContext, log: RunLog, one: OldCredential): Promise<boolean> {
  const { credential, old, planned } = one
  if (!isLeftover(planned)) return true
  try {
    await credential.requireRemovable(old.id, successorsOf(log, planned.plan.observed))
    return true
  } catch (thrown) {
    retain(context, log, planned, asRotationError(thrown).message.replace(/\.$/, ''))
    return false
  }
}

/** Whether the revocation of an object can be confirmed: it works, and a slot holds its values. */
export function isConfirmable({ plan: { observed }, revocation: { object } }: PlannedRevocation): boolean {
  return object.status === 'active' && findValues(observed, object.id) !== undefined
}

/** Confirms a revocation. Without an answer the successor cannot be relied on, so that counts as its failure. */
async function confirmSafely(
  context: RotationContext,
  log: RunLog,
  one: OldCredential
): Promise<RevocationProof> {
  try {
    return await confirmRevoked(context, log, one)
  } catch (thrown) {
    return { state: 'successor-failed', reason: asRotationError(thrown).message }
  }
}

function successorError({ one: { credential, old }, proof }: Disabled): SuccessorFailed {
  const hint = proof.state === 'successor-failed' ? proof.hint : undefined
  return new SuccessorFailed(
    'probe-failed',
    `${credential.name}: when the old ${old.id} was disabled, its successor stopped working: ${describe(proof)}`,
    {
      hint: hint ?? 'A rule still depends on the old one: check which policies, groups or services name it.'
    }
  )
}

async function keepIf<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const results = await Promise.all(items.map(async (item) => ({ item, kept: await test(item) })))
  return results.flatMap(({ item, kept }) => (kept ? [item] : []))
}
