/** Rollout gate: consumers are seen working with the new values before anything old is revoked. */
export interface Gate {
  /** How logs and records name it. */
  readonly label: string
  /** How long it may take in all, in milliseconds. */
  readonly timeoutMs: number
  /** How long to wait between two looks at it, in milliseconds: at first, and at most. */
  readonly paceMs: readonly [number, number]
  /** Whether one look may take long, so that progress is reported meanwhile. */
  readonly looksLong?: true
  /** Whether starting it makes consumers take over the new values, so that `contain` starts it too. */
  readonly movesConsumers: boolean
  /** Checks whether it can be started, and starts nothing. @throws RotationError that says what prevents it */
  prepare(): Promise<void>
  /** Starts it. @throws RotationError whose `effect` says whether it may have started all the same */
  start(): Promise<StartedGate>
}

/** Gate that was started. */
export interface StartedGate {
  /** Link to what is waited for, where there is one. */
  readonly url?: string
  /** Looks once whether it has passed. @throws RotationError when that could not be found out this time */
  look(): Promise<GateAnswer>
  /** Stops what is no longer waited for. */
  stop?(): Promise<void>
}

/** Result of one look at a gate. */
export type GateAnswer =
  | { readonly state: 'passed' }
  /** Not yet: the detail says why, as the end of a sentence. */
  | { readonly state: 'waiting'; readonly detail: string; readonly hint?: string | undefined }
  /** It will not pass any more. */
  | {
      readonly state: 'red' | 'cancelled' | 'unknown'
      readonly detail: string
      readonly hint?: string | undefined
    }

/** How a gate ended. `started`: `contain` started it and did not wait for it. */
export const GATE_STATES = ['passed', 'red', 'cancelled', 'late', 'unknown', 'started'] as const

/** How a gate ended. */
export type GateState = (typeof GATE_STATES)[number]
