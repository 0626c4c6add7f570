import type { ListedSecret } from '../github/answers.ts'
import type { SecretScope } from '../github/secret-scope.ts'
import { asRotationError, type RotationError } from '../kernel/error.ts'
import type { Finding } from '../rotation/model/finding.ts'
import { SecretsByName } from './github/secrets-by-name.ts'

/** Share of a limit from which a warning is reported. */
const CLOSE = 0.8

/** Warning for a destination with little room for more secrets. Limits can be raised, so only a refused write is a failure. */
export function findFull(on: string, { count, limit }: { count: number; limit: number }): readonly Finding[] {
  if (count < limit * CLOSE) return []
  return [
    {
      kind: 'limit-close',
      severity: 'warning',
      on,
      message: `${on} holds ${count} of at most ${limit} secrets.`,
      action: 'Delete secrets that are no longer used: a first rotation creates new ones.'
    }
  ]
}

/** Note that the quota of a destination could not be read, which is not a failure. */
export function findUnreadQuota(on: string, error: RotationError): Finding {
  return {
    kind: 'no-access',
    severity: 'info',
    on,
    message: `The number of secrets that ${on[0]?.toLowerCase() ?? ''}${on.slice(1)} may hold could not be read: ${error.message}`,
    action: 'Nothing, as long as secrets can be written.'
  }
}

/** Secrets of the same names in narrower scopes, which workflows get instead. */
export async function findShadowed(
  on: string,
  names: readonly string[],
  narrower: () => Promise<readonly SecretScope[]>
): Promise<readonly Finding[]> {
  try {
    const scopes = await Promise.all(
      (await narrower()).map(async (scope) => ({ label: scope.label, secrets: await scope.list() }))
    )
    return scopes.flatMap(({ label, secrets }): Finding[] => {
      const shadowing = namesIn(secrets, names)
      if (shadowing.length === 0) return []
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
        message: `Could not check whether an environment shadows the secrets of ${on}: ${asRotationError(thrown).message}`,
        action: 'Give the github-secrets-token Actions: read and Environments: read, or check by hand.'
      }
    ]
  }
}

/** Secrets of the same names in Dependabot's store, which Dependabot's runs get instead. Their values cannot be read, so they may be meant to differ. */
export async function findDependabotCopies(
  on: string,
  names: readonly string[],
  scope: SecretScope
): Promise<readonly Finding[]> {
  try {
    const copies = namesIn(await scope.list(), names)
    if (copies.length === 0) return []
    return [
      {
        kind: 'dependabot-copy',
        severity: 'warning',
        on,
        message: `${copies.join(', ')} of ${on} ${copies.length === 1 ? 'exists' : 'exist'} in Dependabot's store too: runs of Dependabot get that value, which no rotation renews, and which no longer works once it is revoked.`,
        action: 'Add `stores: [actions, dependabot]` to this destination, or delete the secret there.'
      }
    ]
  } catch (thrown) {
    const { code } = asRotationError(thrown)
    // A token that may not look there is the usual one, and no reason to say anything.
    if (code === 'permission' || code === 'not-found') return []
    return [
      {
        kind: 'no-access',
        severity: 'info',
        on,
        message: `Could not check whether Dependabot's store holds secrets of the same names as ${on}: ${asRotationError(thrown).message}`,
        action:
          'Nothing, if Dependabot uses none of them; otherwise give the github-secrets-token Dependabot secrets: read.'
      }
    ]
  }
}

/** The names of GitHub secrets that exist, whatever their case. */
function namesIn(secrets: readonly ListedSecret[], names: readonly string[]): readonly string[] {
  const existing = new SecretsByName(secrets)
  return names.filter((name) => existing.find(name) !== undefined)
}
