import type { CloudflareAccount } from '../cloudflare/account.ts'
import { verifySchema, type TokenAnswer } from '../cloudflare/answers.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError } from '../kernel/error.ts'
import type { CheckPort, Finding } from '../rotation/model/finding.ts'
import type { Secret } from '../kernel/secret.ts'

/** What a role of `auth` is used for, by the name of the permission that it needs. */
export interface RoleNeed {
  /** `tokens`, `secrets`, `access`, `lock` or `email`. */
  readonly role: string
  /** The names of its variables with their values, in the order in which they are tried. */
  readonly candidates: readonly { readonly name: string; readonly token: Secret }[]
  /** Cloudflare's names of permission groups, e.g. `Secrets Store Write`; the dashboard says `Edit` for `Write`. */
  readonly permissions: readonly string[]
}

/** What the check of permissions is made from. */
export interface PermissionsCheckOptions {
  readonly account: CloudflareAccount
  readonly needs: readonly RoleNeed[]
  readonly tokens: () => Promise<readonly TokenAnswer[]>
}

/**
 * Whether the token that each role would use has the permission that the role needs, by what the account's list says of the token. Names of permissions are
 * cosmetic to Cloudflare, so that a miss is a warning; a token of a person is in no such list, and nothing is said of it.
 */
export function createPermissionsCheck({ account, needs, tokens }: PermissionsCheckOptions): CheckPort {
  return {
    run: async () => {
      try {
        const list = await tokens()
        return (await Promise.all(needs.map((need) => checkRole(account, need, list)))).flat()
      } catch (thrown) {
        // That the tokens can't be listed is the inventory's to say.
        if (thrown instanceof RotationError) return []
        throw thrown
      }
    }
  }
}

async function checkRole(
  account: CloudflareAccount,
  { role, candidates, permissions }: RoleNeed,
  list: readonly TokenAnswer[]
): Promise<readonly Finding[]> {
  for (const { name, token } of candidates) {
    const id = await findId(account, token)
    const known = list.find((one) => one.id === id)
    if (known === undefined) continue
    const held = known.policies.flatMap(({ effect, permission_groups }) =>
      effect === 'allow' ? permission_groups.map((group) => group.name ?? '') : []
    )
    if (held.length === 0 || held.includes('')) return []
    const missing = permissions.filter((permission) => !held.some((one) => isSame(one, permission)))
    if (missing.length === 0) return []
    return [
      {
        kind: 'no-access',
        severity: 'warning',
        on: `auth.${role}`,
        message: `The token in $${name}, which auth.${role} uses, seems to lack the permission ${missing.join(', ')}: it has ${held.join(', ')}.`,
        action: `Add ${missing.join(', ')} to it, in the dashboard under Manage account, Account API tokens.`
      }
    ]
  }
  return []
}

/** The id of a token that works; undefined for one that does not, which the rotations say. */
async function findId(account: CloudflareAccount, token: Secret): Promise<string | undefined> {
  try {
    const answer = await account.callAs(token, (sdk, account_id) =>
      sdk.accounts.tokens.verify({ account_id })
    )
    const { id, status } = parseAnswer(verifySchema, answer, 'verifying an API token')
    return status === 'active' ? id : undefined
  } catch (thrown) {
    if (thrown instanceof RotationError) return undefined
    throw thrown
  }
}

function isSame(held: string, wanted: string): boolean {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replace(/\bedit\b/, 'write')
      .replace(/[^a-z0-9]/g, '')
  return plain(held) === plain(wanted)
}
