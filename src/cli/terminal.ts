import type { SecretRegistry } from '../kernel/secret.ts'

/** Where a stream of the process ends. */
export type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY' | 'on'>

/** The streams of the command. */
export interface TerminalOptions {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: NodeJS.ProcessEnv
  readonly secrets: SecretRegistry
}

const COLOURS = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

/** A colour or weight of a terminal. */
export type Colour = keyof typeof COLOURS

/** C0 and C1 control characters but tab and line feed, and marks that turn the direction of writing. */
// eslint-disable-next-line no-control-regex -- these characters are what is taken out
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Writes the result to standard output and everything else to standard error. Takes secrets and control characters out of each text, since a text may
 * come from an API or a process.
 */
export class Terminal {
  readonly #options: TerminalOptions

  constructor(options: TerminalOptions) {
    this.#options = options
    // A reader that is gone, e.g. `head`, must not end a rotation half-way.
    for (const stream of [options.stdout, options.stderr]) stream.on('error', () => undefined)
  }

  /** Writes a part of the result. */
  result(text: string, colour?: Colour): void {
    this.#write(this.#options.stdout, text, colour)
  }

  /** Writes a line of progress. */
  progress(text: string): void {
    this.#write(this.#options.stderr, text, 'dim')
  }

  warning(text: string): void {
    this.#write(this.#options.stderr, `warning: ${text}`, 'yellow')
  }

  error(text: string): void {
    this.#write(this.#options.stderr, `error: ${text}`, 'red')
  }

  #write(stream: Output, text: string, colour: Colour | undefined): void {
    const clean = this.#options.secrets.redact(text).replace(CONTROL, '')
    stream.write(`${colour === undefined || !this.#isColoured(stream) ? clean : paint(clean, colour)}\n`)
  }

  /** https://no-color.org: any value that is not empty. */
  #isColoured({ isTTY }: Output): boolean {
    const { env } = this.#options
    return isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
  }
}

function paint(text: string, colour: Colour): string {
  return `\u001b[${COLOURS[colour]}m${text}\u001b[0m`
}
