import type { Clock } from '../../kernel/clock.ts'
import type { RunCommand } from '../../kernel/command.ts'
import type { Secret, SecretRegistry } from '../../kernel/secret.ts'
import type { Reporter } from './ports.ts'

/** The workflow run. */
export interface ThisRun {
  readonly runId: string
  readonly attempt: number
  /** `owner/name` */
  readonly repository: string
  readonly runUrl: string
  readonly workflow: string
  /** `owner/name` of this action, and its branch, tag or commit, as the runner says; empty for a local one. */
  readonly actionRepository?: string
  readonly actionRef?: string
}

/** Services of the run that a driver may use. */
export interface DriverServices {
  readonly accountId: string
  readonly run: ThisRun
  /** Tells this job from others of the same run. */
  readonly nonce: string
  readonly clock: Clock
  readonly random: () => number
  readonly fetch: typeof fetch
  readonly runCommand: RunCommand
  readonly secrets: SecretRegistry
  readonly reporter: Reporter
  /** Aborted when the run is asked to stop. */
  readonly cancelled: AbortSignal
  /** Aborted when no more calls may be made. */
  readonly forced: AbortSignal
  /** A variable of the step, for `${NAME}` in probes and destinations. */
  readonly environment: (name: string) => string | undefined
  /** The values that a variable of the configuration stands for, newest first. */
  readonly valuesOf: (name: string) => readonly Secret[]
  /** A reporter whose lines begin with the rotation's name. */
  readonly reporterOf: (rotation: string) => Reporter
  /** Warns once of what several rotations, or the same one again, would say. */
  readonly warnOnce: (message: string) => void
  /** Reads once what several rotations ask for; it is read again after the observation is forgotten. */
  readonly readOnce: <T>(key: string, read: () => Promise<T>) => Promise<T>
  /** Reads what must be no older than this call, under the key of `readOnce`; rotations that ask at the same time share the answer. */
  readonly readNow: <T>(key: string, read: () => Promise<T>) => Promise<T>
  /** Reads what does not change during a run, once. */
  readonly readForRun: <T>(key: string, read: () => Promise<T>) => Promise<T>
  /** Makes one object for the whole run. */
  readonly shared: <T>(key: string, make: () => T) => T
}
