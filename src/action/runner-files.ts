import * as core from '@actions/core'

/** Sets outputs one by one: an output that cannot be set does not keep the others back. */
export class Outputs {
  readonly #failed: string[] = []
  #reason = ''

  set(name: string, value: string): void {
    try {
      core.setOutput(name, value)
    } catch (thrown) {
      this.#failed.push(name)
      this.#reason = describeFileError(thrown)
    }
  }

  /** Warns about the outputs that could not be set. */
  warn(): void {
    if (this.#failed.length > 0)
      core.warning(`These outputs could not be set (${this.#reason}): ${this.#failed.join(', ')}.`)
  }
}

/** Describes what is wrong with a file of the runner, in the words of the operating system. */
export function describeFileError(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.replace(/[\s\p{Cc}]+/gu, ' ').replace(/\.$/, '')
}
