import type { Observation } from '../model/observed-credential.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import type { LeaseScope } from './lease.ts'

/** Plan that is being applied. */
export interface Work extends LeaseScope {
  /** When the observation under the lock ended, in milliseconds. */
  readonly observedAt: number
  /** Destinations before anything was written. */
  readonly destinations: Observation['destinations']
  readonly plans: readonly CredentialPlan[]
}
