import type { Clock } from '../../kernel/clock.ts'
import type { Confirmation, Destination, WriteOutcome } from '../model/destination.ts'
import type { GateState } from '../model/gate.ts'
import type { CreatedCredential, CredentialObject, CredentialPort, ProbeEvidence } from '../model/ports.ts'
import type { Kept, Revocation } from '../plan/in-use.ts'

/** Phases of a rotation, in their order. */
export type StepName =
  | 'acquire'
  | 'observe'
  | 'plan'
  | 'stage'
  | 'create'
  | 'admit'
  | 'verify'
  | 'promote'
  | 'confirm'
  | 'rollout'
  | 'revoke'
  | 'undo'
  | 'release'

/** Phase that ran; instants are milliseconds since the epoch. */
export interface Step {
  readonly name: StepName
  readonly startedAt: number
  readonly endedAt: number
  readonly status: 'ok' | 'failed'
}

/** Write with its outcome and, once it was read back, its confirmation. */
export interface LoggedWrite {
  readonly destination: Destination
  readonly credential: CredentialPort
  readonly purpose: 'stage' | 'promote' | 'restore'
  readonly outcome: WriteOutcome
  confirmation?: Confirmation
}

/** Rollout gate with how it ended. */
export interface LoggedGate {
  readonly gate: string
  readonly state: GateState
  readonly url: string | undefined
  /** Milliseconds. */
  readonly ms: number
}

/** Log of one rotation's run: the source of its record, and of an undo. */
export class RunLog {
  readonly #clock: Clock
  readonly steps: Step[] = []
  readonly created = new Map<CredentialPort, CreatedCredential>()
  readonly writes: LoggedWrite[] = []
  /** Evidence of probes: of the new values before the promotion, and of both when the old ones were disabled. */
  readonly probes: {
    readonly credential: CredentialPort
    readonly evidence: ProbeEvidence
    readonly of: 'new' | 'new-after' | 'old'
  }[] = []
  /** Objects that were created by hand and got a managed name although PRIMARY holds them. */
  readonly adopted: { readonly credential: CredentialPort; readonly object: CredentialObject }[] = []
  readonly revoked: {
    readonly credential: CredentialPort
    readonly revocation: Revocation
    readonly at: number
  }[] = []
  readonly retained: { readonly credential: CredentialPort; readonly kept: Kept }[] = []
  readonly gates: LoggedGate[] = []
  /** Sentences about what an undo restored or removed. */
  readonly reverted: string[] = []
  /** Sentences about what could not be undone; any makes a failure `failed` instead of `rolled-back`. */
  readonly unresolved: string[] = []
  readonly warnings: string[] = []
  /** Sentences about what would stop a planned run. */
  readonly obstacles: string[] = []
  /** Whether anything may have been changed. */
  wrote = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs one phase and records when it began and ended, and how. */
  async step<T>(name: StepName, run: () => Promise<T>): Promise<T> {
    const startedAt = this.#clock.now()
    const note = (status: Step['status']): void => {
      this.steps.push({ name, startedAt, endedAt: this.#clock.now(), status })
    }
    try {
      const result = await run()
      note('ok')
      return result
    } catch (thrown) {
      note('failed')
      throw thrown
    }
  }
}
