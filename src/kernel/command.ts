/** Runs a command line in a shell and answers how it ended. */
export type RunCommand = (request: CommandRequest) => Promise<CommandResult>

/** A command line with what is added to its environment. */
export interface CommandRequest {
  readonly command: string
  /** Plain values: they leave for the process that they are meant for. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** One stream of a command's output. */
export interface CommandStream {
  readonly text: string
  /** Whether there was more, which is not kept. */
  readonly cut: boolean
}

/** How a command ended. */
export interface CommandResult {
  /** Undefined when it was ended for its time or with the run, or could not be started. */
  readonly exitCode: number | undefined
  readonly stdout: CommandStream
  readonly stderr: CommandStream
  readonly timedOut: boolean
  /** Why the shell could not be started. */
  readonly notStarted?: string
}

