import { RotationError } from '../../kernel/error.ts'
import { findPrimaryObject, type Observation, type ObservedCredential } from '../model/observed-credential.ts'

/**
 * Makes the error for a PRIMARY that works although Cloudflare neither lists nor shows its object; undefined where it does. The age, the permissions and
 * the conditions of such a credential are unknown, and it could not be revoked.
 */
export function findUnseen(observed: ObservedCredential): RotationError | undefined {
  const { name } = observed.credential
  const { reading } = observed.primary
  if (reading.state !== 'working' || findPrimaryObject(observed) !== undefined) return undefined
  return new RotationError(
    'permission',
    `${name}: PRIMARY works, but auth.tokens cannot see its token ${reading.id}, so it is not known how old it is and what it may do.`,
    {
      hint: 'A provisioning role sees only tokens that it created: store one of those in PRIMARY, or give auth.tokens a token that sees all. Nothing was changed.'
    }
  )
}

/** @throws RotationError `permission` when a PRIMARY works and its object cannot be seen */
export function requireSeen({ credentials }: Observation): void {
  for (const observed of credentials) {
    const unseen = findUnseen(observed)
    if (unseen !== undefined) throw unseen
  }
}
