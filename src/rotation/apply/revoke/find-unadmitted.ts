import { asRotationError } from '../../../kernel/error.ts'
import { SuccessorFailed } from '../post-promotion-error.ts'
import type { RunLog } from '../run-log.ts'
import { successorsOf, type PlannedRevocation } from './revoke.ts'

/**
 * Looks for a rule that names what PRIMARY alone held until now and not its successor: one that was made since the new one was admitted. Nothing was
 * disabled yet.
 * @returns the reason to keep the old ones where that could not be found out, as a sentence; undefined where every rule names the successor
 * @throws SuccessorFailed when there is such a rule
 */
export async function findUnadmitted(
  log: RunLog,
  replaced: readonly PlannedRevocation[]
): Promise<string | undefined> {
  const reasons = await Promise.all(
    replaced.map(async ({ plan: { observed, renews }, revocation: { object } }) => {
      // The same object holds the new secret.
      if (renews !== undefined) return undefined
      try {
        await observed.credential.requireRemovable(object.id, successorsOf(log, observed))
        return undefined
      } catch (thrown) {
        const error = asRotationError(thrown)
        if (error.code !== 'access-policy')
          return `it could not be found out whether every rule admits its successor (${error.message})`
        throw new SuccessorFailed(
          error.code,
          `${observed.credential.name}: the old ${object.id} is still needed, and was not disabled: ${error.message}`,
          { hint: 'Run again: the next run adds its new service token to that rule too.', cause: error }
        )
      }
    })
  )
  return reasons.find((reason) => reason !== undefined)
}
