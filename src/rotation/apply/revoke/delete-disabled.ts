import { RotationError, asRotationError } from '../../../kernel/error.ts'
import type { RotationContext } from '../../model/rotation.ts'
import type { RunLog } from '../run-log.ts'
import { confirmGone, type RevocationProof } from './confirm-revoked.ts'
import { deleteDisabled, type OldCredential } from './old-credential.ts'
import { retain } from './revoke.ts'

/** Old credential that was disabled, with the result of its confirmation. */
export interface Disabled {
  readonly one: OldCredential
  readonly proof: RevocationProof
}

/** Old credential that was disabled and is not revoked, with the error that says why. */
export interface Unrevoked {
  readonly one: OldCredential
  readonly reason: string
  readonly error: RotationError
}

/** Deletes a disabled credential. Where that fails, it is retained; one that a rule needs is returned, to be re-enabled. */
export async function deleteOne(
  context: RotationContext,
  log: RunLog,
  { one, proof }: Disabled
): Promise<Unrevoked | undefined> {
  const { credential, old, planned } = one
  const byId = credential.current === 'unknown'
  const unconfirmed = byId ? 'its value is not known' : `not confirmed: ${describe(proof)}`
  const how = proof.state === 'revoked' ? describe(proof) : unconfirmed
  try {
    await deleteDisabled(context, log, one, how)
    if (proof.state !== 'revoked' && !byId) {
      log.warnings.push(
        `${credential.name}: ${old.id} was revoked, and that could not be confirmed: ${describe(proof)}`
      )
    }
    if (byId) await confirmGone(log, credential, old)
  } catch (thrown) {
    const error = asRotationError(thrown)
    if (isNeeded(error) && !context.contain) {
      const message = `${credential.name}: the old ${old.id} was disabled and could not be deleted: ${error.message}`
      return { one, reason: `it could not be deleted (${error.message})`, error: error.with({ message }) }
    }
    retain(context, log, planned, `it is disabled, but could not be deleted (${error.message})`)
  }
  return undefined
}

/** Makes the error for a credential that is still accepted. */
export function unconfirmed({ one, proof }: Disabled): Unrevoked {
  const reason = describe(proof)
  const error = new RotationError(
    'not-verified',
    `${one.credential.name}: the old ${one.old.id} was disabled, and its revocation could not be confirmed: ${reason}`,
    {
      hint: 'It was re-enabled, and the new one is in place. The next run tries again. Check that the probe tests this credential.'
    }
  )
  return { one, reason, error }
}

/** Whether a deletion failed since a rule admits the credential and no successor of it. */
export function isNeeded({ code }: RotationError): boolean {
  return code === 'access-policy'
}

/** Describes a proof as the end of a sentence. */
export function describe(proof: RevocationProof): string {
  return proof.state === 'revoked' ? 'confirmed revoked' : proof.reason
}
