import { RotationError, asRotationError } from '../../../kernel/error.ts'
import type { RotationContext } from '../../model/rotation.ts'
import { adoptedName, retiredName } from '../adopt.ts'
import { SuccessorFailed } from '../post-promotion-error.ts'
import type { RunLog } from '../run-log.ts'
import { worksAgain } from '../verify.ts'
import { confirmRevoked, type RevocationProof } from './confirm-revoked.ts'
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

/** What {@link disableThenDelete} does. */
export interface DisableRequest {
  readonly planned: readonly PlannedRevocation[]
  /** Why it must wait, found by `findReasonToWait`. */
  readonly wait: string | undefined
}

/** Old credential that was disabled, and what is known of it since. */
interface Disabled {
  readonly one: OldCredential
  readonly proof: RevocationProof
}

/**
 * Revokes what PRIMARY held until this run, the most careful step of all: it is disabled first, then confirmed revoked while its successor is
 * confirmed to work, and only then deleted. What may still be needed is kept, and its name says so to a later run. With `contain` nothing is
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
      hint: 'It was re-enabled, and the new one is in place. The next run tries again. Check that the probe asks for this credential.'
    }
  )
}

/** What is exposed is deleted even where it is still accepted; only what a failed successor leaves to consumers is not. */
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
      hint: "Cloudflare's edge may take long to learn of it: try it with the same probe again, and remove it from its policies by hand."
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
  // Its own name comes back only when PRIMARY holds it again for certain: until then the name tells whose it is.
  const enabled = await Promise.all(
    disabled.map((one) => {
      const { credential, old } = one
      const name = old.managed === undefined ? adoptedName(context, credential, old) : old.name
      return enable(context, log, one, name)
    })
  )
  // What could not be re-enabled must not come back into a slot: the new one is all that is left.
  if (enabled.includes(false)) throw new RotationError(error.code, error.message, { cause: error })
  await Promise.all(disabled.map((one) => awaitAccepted(context, log, one)))
  throw error
}

/** A value that is written back before the edge accepts it again would leave consumers with nothing; one that is never accepted is written back too. */
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
 * What an earlier run left is known by its name alone, which anyone who may edit it can write: before it is disabled, every rule that names it must
 * name a successor too. What PRIMARY held until now has just been given one.
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

/** A confirmation that could not be made, for want of an answer, says that the successor cannot be relied on. */
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
  if (proof.state !== 'revoked') {
    log.warnings.push(
      `${credential.name}: ${old.id} was revoked, and that could not be confirmed: ${describe(proof)}`
    )
  }
  try {
    await deleteDisabled(context, log, one)
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
      hint: hint ?? 'Some rule still depends on the old one: see which policies, groups or services name it.'
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
