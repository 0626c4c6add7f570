import { RotationError, asRotationError } from '../../../kernel/error.ts'
import type { RotationContext } from '../../model/rotation.ts'
import { adoptedName, retiredName } from '../adopt.ts'
import { SuccessorFailed } from '../post-promotion-error.ts'
import type { RunLog } from '../run-log.ts'
import { worksAgain } from '../verify.ts'
import { confirmGone, confirmRevoked, type RevocationProof } from './confirm-revoked.ts'
import {
  deleteDisabled,
  disable,
  enable,
  findValues,
  keepForLater,
  oldCredentialOf,
  type OldCredential
} from './old-credential.ts'
import { retain, successorsOf, type PlannedRevocation } from './revoke.ts'

/** Input of {@link disableThenDelete}. */
export interface DisableRequest {
  readonly planned: readonly PlannedRevocation[]
  /** Reason to wait, found by `findReasonToWait`. */
  readonly wait: string | undefined
}

/** Old credential that was disabled, with the result of its confirmation. */
interface Disabled {
  readonly one: OldCredential
  readonly proof: RevocationProof
}

/**
 * Revokes what PRIMARY held until this run, the most careful step of all. It is disabled first, then confirmed revoked while its successor is
 * confirmed to work, and only then deleted. What may still be needed is kept, and its name tells a later run so. With `contain` nothing is
 * re-enabled, whatever the probes say.
 * @throws SuccessorFailed when the successor no longer works; the old one was re-enabled before
 * @throws RotationError `not-verified` when the old one is still accepted; it was re-enabled, and the new one stays
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
  const valid = results.filter(({ proof }) => proof.state === 'still-valid')
  await Promise.all(results.filter((one) => !valid.includes(one)).map((one) => deleteOne(context, log, one)))
  const [first] = valid
  if (first === undefined) return
  await Promise.all(
    valid.map(({ one }) => enable(context, log, one, retiredName(context, one.credential, one.old)))
  )
  for (const { one, proof } of valid) retain(context, log, one.planned, describe(proof))
  throw new RotationError(
    'not-verified',
    `${first.one.credential.name}: the old ${first.one.old.id} was disabled, and its revocation could not be confirmed: ${describe(first.proof)}`,
    {
      hint: 'It was re-enabled, and the new one is in place. The next run tries again. Check that the probe tests this credential.'
    }
  )
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
 * can write. What PRIMARY held until now has just been given a successor.
 */
async function isRemovable(context: RotationContext, log: RunLog, one: OldCredential): Promise<boolean> {
  const { credential, old, planned, oldValues } = one
  if (oldValues !== undefined) return true
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

async function deleteOne(context: RotationContext, log: RunLog, { one, proof }: Disabled): Promise<void> {
  const { credential, old, planned } = one
  const byId = credential.current === 'unknown'
  const unconfirmed = byId ? 'its value is not known' : `not confirmed: ${describe(proof)}`
  const how = proof.state === 'revoked' ? describe(proof) : unconfirmed
  if (proof.state !== 'revoked' && !byId) {
    log.warnings.push(
      `${credential.name}: ${old.id} was revoked, and that could not be confirmed: ${describe(proof)}`
    )
  }
  try {
    await deleteDisabled(context, log, one, how)
    if (byId) await confirmGone(log, credential, old)
  } catch (thrown) {
    const { message } = asRotationError(thrown)
    retain(context, log, planned, `it is disabled, but could not be deleted (${message})`)
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

function describe(proof: RevocationProof): string {
  return proof.state === 'revoked' ? 'confirmed revoked' : proof.reason
}

async function keepIf<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const results = await Promise.all(items.map(async (item) => ({ item, kept: await test(item) })))
  return results.flatMap(({ item, kept }) => (kept ? [item] : []))
}
