import * as v from 'valibot'
import type { CloudflareAccount } from '../cloudflare/account.ts'
import { tokenPermissionsSchema, verifySchema, type TokenAnswer } from '../cloudflare/answers.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError } from '../kernel/error.ts'
import type { CheckPort, Finding } from '../rotation/model/finding.ts'
import type { Secret } from '../kernel/secret.ts'

/** The permissions that a role of `auth` needs, and the tokens that it may use. */
export interface RoleNeed {
  /** `tokens`, `secrets`, `access`, `lock` or `email`. */
  readonly role: string
  /** The names of its variables with their values, in the order in which they are tried. */
  readonly candidates: readonly { readonly name: string; readonly token: Secret }[]
  /** Cloudflare's names of permission groups, e.g. `Secrets Store Write`; the dashboard says `Edit` for `Write`. */
  readonly permissions: readonly string[]
}

/** Options of {@link createPermissionsCheck}. */
export interface PermissionsCheckOptions {
  readonly account: CloudflareAccount
  readonly needs: readonly RoleNeed[]
  readonly tokens: () => Promise<readonly TokenAnswer[]>
}

/**
 * Checks in the account's list of tokens that the token of each role has the permissions that the role needs. Cloudflare may rename permissions, so that
 * a missing one is a warning. A user's token is not in the list and is not checked.
 */
export function createPermissionsCheck({ account, needs, tokens }: PermissionsCheckOptions): CheckPort {
  return {
    run: async () => {
      try {
        const list = await tokens()
        return (await Promise.all(needs.map((need) => checkRole(account, need, list)))).flat()
      } catch (thrown) {
        // The inventory reports that the tokens cannot be listed.
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
    const parsed = v.safeParse(tokenPermissionsSchema, known)
    if (!parsed.success) return []
    const held = parsed.output.policies.flatMap(({ effect, permission_groups }) =>
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
