import type { Clock } from '../../kernel/clock.ts'
import type {
  Confirmation,
  CreatedCredential,
  CredentialObject,
  CredentialPort,
  Destination,
  ProbeEvidence,
  WriteOutcome
} from '../model/ports.ts'
import type { Kept, Revocation } from '../plan/in-use.ts'

/** The phases of a rotation, in their order, as the design names them. */
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
  | 'revoke'
  | 'undo'
  | 'release'

/** One phase as it went; instants are milliseconds since the epoch. */
export interface Step {
  readonly name: StepName
  readonly startedAt: number
  readonly endedAt: number
  readonly status: 'ok' | 'failed'
}

/** A write as far as it is known. */
export interface LoggedWrite {
  readonly destination: Destination
  readonly credential: CredentialPort
  readonly purpose: 'stage' | 'promote' | 'restore'
  readonly outcome: WriteOutcome
  confirmation?: Confirmation
}

/** What a run of one rotation has done so far: what its report is made from, and what an undo looks at. */
export class RunLog {
  readonly #clock: Clock
  readonly steps: Step[] = []
  readonly created = new Map<CredentialPort, CreatedCredential>()
  readonly writes: LoggedWrite[] = []
  /** What probes saw: of the new one before its promotion, of both when the old one was switched off. */
  readonly probes: {
    readonly credential: CredentialPort
    readonly evidence: ProbeEvidence
    readonly of: 'new' | 'new-after' | 'old'
  }[] = []
  /** Objects that were made by hand and got a name of ours, though PRIMARY holds them. */
  readonly adopted: { readonly credential: CredentialPort; readonly object: CredentialObject }[] = []
  readonly revoked: {
    readonly credential: CredentialPort
    readonly revocation: Revocation
    readonly at: number
  }[] = []
  readonly retained: { readonly credential: CredentialPort; readonly kept: Kept }[] = []
  /** What an undo put back or took away, as sentences. */
  readonly reverted: string[] = []
  /** What could not be undone, as sentences; anything here makes a failure `failed` instead of `rolled-back`. */
  readonly unresolved: string[] = []
  readonly warnings: string[] = []
  /** What would stop a run that is only planned, as sentences. */
  readonly obstacles: string[] = []
  /** Whether anything may have been changed. */
  wrote = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs one phase and notes when it began, when it ended and how. */
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
