import type { Held } from './lease.ts'
import type { Observation } from '../plan/observe.ts'
import type { CredentialPlan } from '../plan/plan.ts'

/** What a plan is carried out with. */
export interface Work extends Held {
  /** When the observation ended, in milliseconds. */
  readonly observedAt: number
  /** The destinations as they were before anything was written. */
  readonly destinations: Observation['destinations']
  readonly plans: readonly CredentialPlan[]
}
