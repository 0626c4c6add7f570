import type * as v from 'valibot'
import { tokenPermissionsSchema, type TokenAnswer } from '../../cloudflare/answers.ts'
import { parseAnswer } from '../../http/parse-answer.ts'
import { RotationError } from '../../kernel/error.ts'
import type { Finding } from '../../rotation/model/finding.ts'

/** Permissions and conditions of a token, as Cloudflare's API takes them. */
export interface TokenPermissions {
  readonly policies: readonly TokenPolicy[]
  readonly condition: TokenCondition | undefined
}

/** Policy of a token, without the ids that Cloudflare adds and refuses in a creation. */
export interface TokenPolicy {
  readonly effect: 'allow' | 'deny'
  readonly permission_groups: readonly PermissionGroup[]
  readonly resources: Readonly<Record<string, unknown>>
}

/** Permission group of a policy, with what Cloudflare keeps of it for this policy. */
interface PermissionGroup {
  readonly id: string
  readonly meta?: Readonly<Record<string, unknown>>
}

/** Condition under which a token may be used, as it was read. */
export type TokenCondition = Readonly<Record<string, unknown>>

/** The two spellings of the client IP condition: the current one, and that of Cloudflare's older documentation. */
const CLIENT_IP: ReadonlySet<string> = new Set(['request_ip', 'request.ip'])
const CLIENT_IP_LISTS: ReadonlySet<string> = new Set(['in', 'not_in'])
const POLICY_KEYS: ReadonlySet<string> = new Set(['id', 'effect', 'permission_groups', 'resources'])
const GROUP_KEYS: ReadonlySet<string> = new Set(['id', 'name', 'meta'])

/** A token as far as its permissions are read. */
type PermittedToken = Pick<TokenAnswer, 'id' | 'policies' | 'condition'>
type ReadPermissions = v.InferOutput<typeof tokenPermissionsSchema>

/** @throws RotationError `bad-answer`, which names the token */
function readPermissions(token: PermittedToken): ReadPermissions {
  return parseAnswer(tokenPermissionsSchema, token, `reading the permissions of the API token ${token.id}`)
}

/**
 * The permissions of a token in the form that a creation accepts. The condition is copied whole, in its own spelling.
 * @throws RotationError `bad-answer` where they cannot be read whole
 */
export function writablePermissions(token: PermittedToken): TokenPermissions {
  const { policies, condition } = readPermissions(token)
  return {
    policies: policies.map(({ effect, permission_groups, resources }) => ({
      effect,
      permission_groups: permission_groups.map(({ id, meta }) =>
        meta == null || Object.keys(meta).length === 0 ? { id } : { id, meta }
      ),
      resources
    })),
    condition: writableCondition(condition)
  }
}

/** A condition without its empty parts; undefined when nothing is left. */
function writableCondition(condition: ReadPermissions['condition']): TokenCondition | undefined {
  const said = Object.entries(condition ?? {}).flatMap(([key, value]) => {
    const inner = withoutNothing(value)
    return inner === undefined ? [] : [[key, inner] as const]
  })
  return said.length === 0 ? undefined : Object.fromEntries(said)
}

function withoutNothing(value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value) || typeof value !== 'object') return value
  const said = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
  return said.length === 0 ? undefined : Object.fromEntries(said)
}

/** Keys of conditions that this version does not know, and could not copy to a new token. */
function findUnknownConditions({ condition }: ReadPermissions): readonly string[] {
  return Object.entries(writableCondition(condition) ?? {}).flatMap(([key, value]) => {
    if (!CLIENT_IP.has(key) || typeof value !== 'object' || value === null) return [key]
    return Object.keys(value)
      .filter((inner) => !CLIENT_IP_LISTS.has(inner))
      .map((inner) => `${key}.${inner}`)
  })
}

/** Keys of policies and of their permission groups that this version does not know and does not copy. */
function findUnknownKeys({ policies }: ReadPermissions): readonly string[] {
  const unknown = policies.flatMap((policy) => [
    ...Object.keys(policy).filter((key) => !POLICY_KEYS.has(key)),
    ...policy.permission_groups
      .flatMap((group) => Object.keys(group).filter((key) => !GROUP_KEYS.has(key)))
      .map((key) => `permission_groups[].${key}`)
  ])
  return [...new Set(unknown)]
}

/**
 * Refuses a token whose permissions cannot be read whole, or with a condition that this version does not know: a new token without it could be used
 * from more places.
 * @throws RotationError `bad-answer` or `not-verified`
 */
export function requireCopyable(credential: string, token: PermittedToken): void {
  const unknown = findUnknownConditions(readPermissions(token))
  if (unknown.length === 0) return
  throw new RotationError(
    'not-verified',
    `${credential}: ${token.id} has a condition that this version does not know (${unknown.join(', ')}): a new token without it could be used from more places.`,
    {
      hint: 'Use a newer version of rotate-action, or remove the condition from the token in the Cloudflare dashboard. Nothing was changed.'
    }
  )
}

/** A warning for keys of the policies that a new token does not inherit. */
export function findUncopied(credential: string, token: PermittedToken): readonly Finding[] {
  const keys = findUnknownKeys(readPermissions(token))
  if (keys.length === 0) return []
  return [
    {
      kind: 'configuration',
      severity: 'warning',
      on: credential,
      message: `${credential}: the policies of ${token.id} have ${keys.join(', ')}, which this version does not know and does not copy.`,
      action: 'Compare the new token with the old one, or state `permissions` for this credential.'
    }
  ]
}

/** A warning for permission groups that the creating token cannot grant, as far as Cloudflare says so beforehand. */
export function findUngrantable(credential: string, groups: readonly string[]): readonly Finding[] {
  if (groups.length === 0) return []
  return [
    {
      kind: 'no-access',
      severity: 'warning',
      on: credential,
      message: `${credential}: Cloudflare says that the token of auth.tokens cannot grant ${groups.join(', ')}.`,
      action: 'Give the token of auth.tokens the role to grant them; the creation itself decides.'
    }
  ]
}

/** Describes how a token differs from what was asked for; undefined when it does not. Order is ignored: the API may reorder policies. */
export function differenceOf(
  expected: TokenPermissions,
  actual: PermittedToken,
  { ignoresMeta = false }: { readonly ignoresMeta?: boolean } = {}
): string | undefined {
  const written = writablePermissions(actual)
  const toGrants = (policy: TokenPolicy): readonly string[] => grantsOf(policy, ignoresMeta)
  const wanted = new Set(expected.policies.flatMap(toGrants))
  const got = new Set(written.policies.flatMap(toGrants))
  const missing = wanted.difference(got).size
  const extra = got.difference(wanted).size
  if (missing > 0 || extra > 0) return `${missing} grants are missing and ${extra} were added`
  if (canonicalCondition(expected.condition) !== canonicalCondition(written.condition))
    return 'its client IP filter differs'
  return undefined
}

/** Every single grant of a policy, so that merged and split policies compare equal. */
function grantsOf(
  { effect, permission_groups, resources }: TokenPolicy,
  ignoresMeta: boolean
): readonly string[] {
  return Object.entries(resources).flatMap(([resource, scope]) =>
    permission_groups.map(({ id, meta }) =>
      canonical({ effect, id, ...(ignoresMeta ? {} : { meta }), resource, scope })
    )
  )
}

/** A condition in one spelling. */
function canonicalCondition(condition: TokenCondition | undefined): string {
  const entries = Object.entries(condition ?? {}).map(
    ([key, value]) => [CLIENT_IP.has(key) ? 'request_ip' : key, value] as const
  )
  return canonical(Object.fromEntries(entries))
}

/** JSON with sorted keys and sorted lists of texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (Array.isArray(inner)) {
      const items: readonly unknown[] = inner
      return items.every((item) => typeof item === 'string') ? items.toSorted() : items
    }
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
