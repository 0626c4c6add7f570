import * as core from '@actions/core'

/** Sets outputs, each by itself: one that can't be set hides neither another one nor what comes after. */
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

  /** Warns of those that could not be set. */
  warn(): void {
    if (this.#failed.length > 0)
      core.warning(`These outputs could not be set (${this.#reason}): ${this.#failed.join(', ')}.`)
  }
}

/** Says what is wrong with a file of the runner's, in the system's words. */
export function describeFileError(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return message.replace(/[\s\p{Cc}]+/gu, ' ').replace(/\.$/, '')
}
