import type { SecretScope } from '../github/secret-scope.ts'
import { asRotationError } from '../rotation/error.ts'
import type { Finding } from '../rotation/finding.ts'

/** From this share of a limit on it is said, and from the next on it is wrong: a first rotation makes new entries. */
const CLOSE = 0.8
const FULL = 0.95

/** Whether a destination has room for more entries. */
export function findFull(on: string, { count, limit }: { count: number; limit: number }): readonly Finding[] {
  if (count < limit * CLOSE) return []
  return [
    {
      kind: 'limit-close',
      severity: count < limit * FULL ? 'warning' : 'error',
      on,
      message: `${on} holds ${count} secrets, and at most ${limit} are possible.`,
      action: 'Delete secrets that nobody uses.'
    }
  ]
}

/** Secrets of the same names in narrower scopes, which a workflow would be given instead. */
export async function findShadowed(
  on: string,
  names: readonly string[],
  narrower: () => Promise<readonly SecretScope[]>
): Promise<readonly Finding[]> {
  try {
    const scopes = await narrower()
    const lists = await Promise.all(scopes.map((scope) => scope.list()))
    return lists.flatMap((secrets, index): Finding[] => {
      const shadowing = secrets.filter(({ name }) => names.includes(name)).map(({ name }) => name)
      if (shadowing.length === 0) return []
      const { label } = scopes[index]!
      return [
        {
          kind: 'shadowed',
          severity: 'error',
          on,
          message: `${shadowing.join(', ')} of ${on} ${shadowing.length === 1 ? 'is' : 'are'} shadowed by the same name in ${label}: jobs there get that value, which no rotation renews.`,
          action: `Delete the secret in ${label}, or make that the destination.`
        }
      ]
    })
  } catch (thrown) {
    return [
      {
        kind: 'no-access',
        severity: 'warning',
        on,
        message: `Whether an environment shadows the secrets of ${on} could not be found out: ${asRotationError(thrown).message}`,
        action: 'Give the github-secrets-token Actions: read and Environments: read, or see for yourself.'
      }
    ]
  }
}
