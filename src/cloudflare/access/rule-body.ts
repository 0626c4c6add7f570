import type { GroupUpdateParams } from 'cloudflare/resources/zero-trust/access/groups'
import type { PolicyUpdateParams } from 'cloudflare/resources/zero-trust/access/policies'
import type { RuleSetAnswer } from '../answers.ts'

/** The lists of rules that can name a service token. */
export const LISTS = ['include', 'exclude', 'require'] as const

/** Id of the service token that a rule names. */
export function tokenOf(rule: Record<string, unknown>): string | undefined {
  const named = rule['service_token']
  if (typeof named !== 'object' || named === null || !('token_id' in named)) return undefined
  return typeof named.token_id === 'string' ? named.token_id : undefined
}

type PolicyField = Exclude<keyof PolicyUpdateParams, 'account_id'>
type GroupField = Exclude<keyof GroupUpdateParams, 'account_id' | 'zone_id'>

/** Every field of a policy that an update takes. A field that the SDK adds does not compile until it is listed. */
const POLICY_FIELDS: Readonly<Record<PolicyField, true>> = {
  approval_groups: true,
  approval_required: true,
  connection_rules: true,
  decision: true,
  exclude: true,
  include: true,
  isolation_required: true,
  mfa_config: true,
  name: true,
  purpose_justification_prompt: true,
  purpose_justification_required: true,
  require: true,
  session_duration: true
}
/** Every field of a group that an update takes. */
const GROUP_FIELDS: Readonly<Record<GroupField, true>> = {
  exclude: true,
  include: true,
  is_default: true,
  name: true,
  require: true
}
/** The fields that an update of each kind of rules takes; a policy of one application also has a precedence. */
const WRITABLE: Readonly<Record<'policy' | 'application-policy' | 'group', ReadonlySet<string>>> = {
  policy: new Set(Object.keys(POLICY_FIELDS)),
  'application-policy': new Set([...Object.keys(POLICY_FIELDS), 'precedence']),
  group: new Set(Object.keys(GROUP_FIELDS))
}

/** The writable part of a policy or group. An update replaces all of it, and refuses read-only fields. */
export function writableRules(kind: keyof typeof WRITABLE, body: RuleSetAnswer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => WRITABLE[kind].has(key)))
}

/** Tells whether two bodies hold the same rules, in any order. */
export function sameRules(one: RuleSetAnswer, other: RuleSetAnswer): boolean {
  return LISTS.every((list) => canonical(one[list]) === canonical(other[list]))
}

/** The rules of a list as sorted JSON with sorted keys, duplicates included. */
function canonical(rules: RuleSetAnswer['include']): string {
  return JSON.stringify((rules ?? []).map((rule) => JSON.stringify(rule, sortedKeys)).sort())
}

function sortedKeys(_key: string, inner: unknown): unknown {
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
  return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
}
