import type { Configuration } from '../config/configuration.ts'
import { allSlots } from '../config/walk.ts'
import type { ReadVariable } from '../kernel/environment.ts'
import type { EnvFile } from './env-file.ts'

/** Where the values of a command come from. */
export interface GivenValuesOptions {
  readonly env: NodeJS.ProcessEnv
  readonly file: EnvFile | undefined
  /** When the command started, in milliseconds since the epoch. */
  readonly startedAt: number
}

/** The values that a command is given: the environment, then the file. Notes how old those of slots are. */
export class GivenValues {
  readonly #options: GivenValuesOptions
  #fromFile = false

  constructor(options: GivenValuesOptions) {
    this.#options = options
  }

  readonly environment: ReadVariable = (name) =>
    this.#options.env[name] || this.#options.file?.find(name) || undefined

  /** The same, which notes whether a slot of the configuration is read from the file. */
  forSlotsOf(configuration: Configuration): ReadVariable {
    const { file } = this.#options
    const slots = new Set(allSlots(configuration).map(({ name }) => name))
    return (name) => {
      const value = this.environment(name)
      // Node.js takes `--env-file` for an option of its own too, and has put the values of the file into the environment.
      if (slots.has(name) && value !== undefined && file?.find(name) === value) this.#fromFile = true
      return value
    }
  }

  /** When the values of slots were written down: those of a file when it was changed, others now. In milliseconds since the epoch. */
  get writtenAt(): number {
    const { file, startedAt } = this.#options
    return this.#fromFile && file !== undefined ? file.modifiedAt : startedAt
  }

  /** Says after a rotation that the values are not current any longer. */
  describeOutdated(): string {
    const place = this.#fromFile ? (this.#options.file?.path ?? '') : 'the environment'
    return `The values in ${place} are outdated now: the destinations hold the current ones.`
  }
}
