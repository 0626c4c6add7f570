import { asRotationError } from '../../../kernel/error.ts'
import type { ObservedCredential } from '../../model/observed-credential.ts'
import { idOf } from '../../model/observed-credential.ts'
import type { CredentialObject, CredentialPort, FieldValues } from '../../model/ports.ts'
import type { RotationContext } from '../../model/rotation.ts'
import { retiredName } from '../adopt.ts'
import type { RunLog } from '../run-log.ts'
import { retain, successorsOf, type PlannedRevocation } from './revoke.ts'

/** Credential to be revoked, with the values that can confirm that it is and that its successor works. */
export interface OldCredential {
  readonly planned: PlannedRevocation
  readonly credential: CredentialPort
  readonly old: CredentialObject
  /** Undefined where an earlier run held them. */
  readonly oldValues: FieldValues | undefined
  readonly newValues: FieldValues
}

/** Pairs a planned revocation with the values that can confirm it. */
export function oldCredentialOf(log: RunLog, planned: PlannedRevocation): OldCredential {
  const { observed } = planned.plan
  const { credential, primary } = observed
  const old = planned.revocation.object
  const newValues = log.created.get(credential)?.values ?? primary.values
  if (newValues === undefined) throw new TypeError(`${credential.name} has no PRIMARY`)
  return { planned, credential, old, oldValues: findValues(observed, old.id), newValues }
}

/** Finds the values of an object, where a slot held them when the run began. */
export function findValues(observed: ObservedCredential, id: string): FieldValues | undefined {
  return [observed.primary, observed.secondary].find((slot) => idOf(slot?.reading) === id)?.values
}

/** Disables an old credential. @returns whether it is disabled; where it is not, it is retained and no harm is done */
export async function disable(context: RotationContext, log: RunLog, one: OldCredential): Promise<boolean> {
  const { credential, old, planned } = one
  const name = retiredName(context, credential, old)
  try {
    await credential.disable(old, name)
    context.reporter.info(`${credential.name}: disabled ${old.id}`)
    return true
  } catch (thrown) {
    const error = asRotationError(thrown)
    if (error.effect !== 'not-applied') await enable(context, log, one, name)
    retain(context, log, planned, `it could not be disabled (${error.message})`)
    return false
  }
}

/** Re-enables an old credential that this run disabled. @returns whether it is enabled; a failure is recorded */
export async function enable(
  context: RotationContext,
  log: RunLog,
  { credential, old }: OldCredential,
  name: string
): Promise<boolean> {
  // A credential that was disabled before this run stays disabled: someone may have had a reason.
  if (old.status !== 'active') return true
  try {
    await credential.enable(old, name)
    context.reporter.info(`${credential.name}: re-enabled ${old.id}`)
    log.reverted.push(`${credential.name}: the old ${old.id} was re-enabled`)
    return true
  } catch (thrown) {
    log.unresolved.push(
      `${credential.name}: the old ${old.id} could not be re-enabled (${asRotationError(thrown).message})`
    )
    return false
  }
}

/** Deletes an old credential that is disabled. */
export async function deleteDisabled(
  { clock, reporter }: RotationContext,
  log: RunLog,
  { credential, old, planned }: OldCredential,
  how: string
): Promise<void> {
  const at = clock.now()
  await credential.removeDisabled(old.id, successorsOf(log, planned.plan.observed))
  log.revoked.push({ credential, revocation: planned.revocation, at })
  reporter.info(`${credential.name}: revoked ${old.id} (${how})`)
}

/** Keeps an old credential valid, and marks it as retired, so that a later run revokes it unless it ends by itself. */
export async function keepForLater(
  context: RotationContext,
  log: RunLog,
  { credential, old, planned }: OldCredential,
  reason: string
): Promise<void> {
  let ending: string | undefined
  try {
    ending = await credential.retire(old, retiredName(context, credential, old))
  } catch (thrown) {
    log.warnings.push(
      `${credential.name}: ${old.id} could not be marked as retired: ${asRotationError(thrown).message}`
    )
  }
  retain(context, log, planned, ending === undefined ? reason : `${reason}; ${ending}`)
}
