import type { CloudflareAccount } from '../../cloudflare/account.ts'
import { permissionGroupSchema } from '../../cloudflare/answers.ts'
import { parseEntries } from '../../cloudflare/pages.ts'
import type { TokenRoutes } from '../../cloudflare/token-routes.ts'
import { RotationError } from '../../kernel/error.ts'
import type { TokenPolicy } from './token-permissions.ts'

/** Permission from the configuration. */
export interface StatedPermission {
  /** Names or ids of permission groups. */
  readonly groups: readonly string[]
  readonly resources: Readonly<Record<string, unknown>>
}

/** Permissions from the configuration, as Cloudflare's API takes them. */
export interface ResolvedPermissions {
  readonly policies: readonly TokenPolicy[]
  /** Names or ids of the groups that the creating token cannot grant, as far as Cloudflare says so beforehand. */
  readonly notSelectable: readonly string[]
}

/** Permission group that a token of the owner may have. */
interface PermissionGroup {
  readonly id: string
  readonly name: string
  /** What it applies to, e.g. `com.cloudflare.api.account.zone`; empty where Cloudflare does not say. */
  readonly scopes: readonly string[]
  readonly isSelectable: boolean
}

/** Scopes of permissions. A scope stands before the scope that is a prefix of it. */
const SCOPES = [
  'com.cloudflare.api.account.zone',
  'com.cloudflare.api.account',
  'com.cloudflare.edge.r2.bucket',
  'com.cloudflare.api.user'
] as const

/**
 * Resolves the names of permission groups. Some names exist twice, for accounts and for zones: the resources decide.
 * @throws RotationError `bad-configuration` for a name that is unknown, ambiguous, or of another scope than the resources
 */
export async function resolvePermissions(
  { account, routes }: { readonly account: CloudflareAccount; readonly routes: TokenRoutes },
  permissions: readonly StatedPermission[],
  credential: string
): Promise<ResolvedPermissions> {
  const known = await listGroups(account, routes)
  const chosen = permissions.map(({ groups, resources }) => ({
    resources,
    groups: groups.map((group) => findGroup(known, { group, resources, credential }))
  }))
  return {
    policies: chosen.map(({ resources, groups }) => ({
      effect: 'allow',
      permission_groups: groups.map(({ id }) => ({ id })),
      resources
    })),
    notSelectable: chosen.flatMap(({ groups }) =>
      groups.filter(({ isSelectable }) => !isSelectable).map(({ name }) => name)
    )
  }
}

function findGroup(
  known: readonly PermissionGroup[],
  {
    group,
    resources,
    credential
  }: { group: string; resources: StatedPermission['resources']; credential: string }
): PermissionGroup {
  if (/^[0-9a-f]{32}$/.test(group)) {
    return known.find(({ id }) => id === group) ?? { id: group, name: group, scopes: [], isSelectable: true }
  }
  const refuse = (message: string, hint: string): RotationError =>
    new RotationError('bad-configuration', `${credential}: ${message}`, { hint })
  const named = known.filter(({ name }) => name === group)
  if (named.length === 0) {
    throw refuse(
      `there is no permission group named "${group}".`,
      'Use a name as Cloudflare lists it, or the id, which never changes.'
    )
  }
  const wanted = scopesOf(resources)
  const fitting = named.filter(
    ({ scopes }) => scopes.length === 0 || wanted.size === 0 || scopes.some((scope) => wanted.has(scope))
  )
  const [only, ...others] = fitting
  if (only !== undefined && others.length === 0) return only
  const ids = named.map(({ id, scopes }) => `${id} (${scopes.join(', ') || 'any scope'})`).join(' and ')
  throw only === undefined
    ? refuse(
        `the permission group "${group}" does not apply to the resources ${[...wanted].join(', ')}: there is ${ids}.`,
        'State the resources that the permission is for, or another permission group.'
      )
    : refuse(
        `"${group}" is the name of several permission groups: ${ids}.`,
        'State the id of the one that you mean.'
      )
}

/** The scopes of resources. Nested resources, such as all zones of an account, count with their inner scope. */
function scopesOf(resources: object): ReadonlySet<string> {
  const scopes = new Set<string>()
  const entries: readonly [string, unknown][] = Object.entries(resources)
  for (const [resource, value] of entries) {
    if (typeof value === 'object' && value !== null) {
      for (const inner of scopesOf(value)) scopes.add(inner)
      continue
    }
    const scope = SCOPES.find((one) => resource.startsWith(`${one}.`))
    if (scope !== undefined) scopes.add(scope)
  }
  return scopes
}

async function listGroups(
  account: CloudflareAccount,
  routes: TokenRoutes
): Promise<readonly PermissionGroup[]> {
  const page = await account.call((sdk, accountId) => routes.listPermissionGroups(sdk, accountId))
  if (!Array.isArray(page.result))
    throw new RotationError('bad-answer', "Cloudflare's list of permission groups is not a list.")
  const groups: readonly unknown[] = page.result
  return parseEntries(permissionGroupSchema, groups, 'listing the permission groups').map(
    ({ id, name, scopes, is_selectable }) => ({
      id,
      name,
      scopes: scopes ?? [],
      isSelectable: is_selectable !== false
    })
  )
}
