/** Runs a command line in a shell and returns how it ended. */
export type RunCommand = (request: CommandRequest) => Promise<CommandResult>

/** Command line with additions to its environment. */
export interface CommandRequest {
  readonly command: string
  /** Plain values, which only this process gets. */
  readonly env: Readonly<Record<string, string>>
  /** Text on its standard input; left out, there is nothing. */
  readonly stdin?: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** One stream of a command's output. */
export interface CommandStream {
  readonly text: string
  /** There was more, which is not kept. */
  readonly cut: boolean
}

/** How a command ended. */
export type CommandEnding =
  | { readonly state: 'exited'; readonly exitCode: number }
  /** It was ended after its time-out. */
  | { readonly state: 'timed-out' }
  /** It was ended because the run was cancelled. */
  | { readonly state: 'cancelled' }
  /** The shell could not be started. */
  | { readonly state: 'not-started'; readonly reason: string }

/** A command that has ended. */
export interface CommandResult {
  readonly ending: CommandEnding
  readonly stdout: CommandStream
  readonly stderr: CommandStream
}
