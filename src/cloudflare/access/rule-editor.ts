import { editRules, targetKey, type RuleTarget } from './access-rules.ts'
import type { RuleSetAnswer } from '../answers.ts'
import type { CloudflareCall } from '../lists.ts'
import { isNotFound } from '../../kernel/error.ts'

/**
 * Edits Access rules, one edit of the same set at a time: an edit reads, changes and writes the whole set, and two at once would undo
 * each other.
 */
export class RuleEditor {
  readonly #caller: CloudflareCall
  readonly #last = new Map<string, Promise<unknown>>()

  constructor(caller: CloudflareCall) {
    this.#caller = caller
  }

  /** Edits one set of rules; returns whether it was written. */
  async edit(target: RuleTarget, change: (body: RuleSetAnswer) => RuleSetAnswer): Promise<boolean> {
    const key = targetKey(target)
    const before = this.#last.get(key) ?? Promise.resolve()
    const own = before.then(() => editRules(this.#caller, target, change))
    this.#last.set(
      key,
      own.catch(() => undefined)
    )
    return await own
  }

  /** Like {@link edit}, for a set that may have been deleted meanwhile. */
  async editIfThere(target: RuleTarget, change: (body: RuleSetAnswer) => RuleSetAnswer): Promise<boolean> {
    try {
      return await this.edit(target, change)
    } catch (thrown) {
      if (isNotFound(thrown)) return false
      throw thrown
    }
  }
}
