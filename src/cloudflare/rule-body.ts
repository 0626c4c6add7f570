import type { GroupUpdateParams } from 'cloudflare/resources/zero-trust/access/groups'
import type { PolicyUpdateParams } from 'cloudflare/resources/zero-trust/access/policies'
import type { RuleSetAnswer } from './answers.ts'

type PolicyField = Exclude<keyof PolicyUpdateParams, 'account_id'>
type GroupField = Exclude<keyof GroupUpdateParams, 'account_id' | 'zone_id'>

/** Every field of a policy that an update takes. One that the SDK adds does not compile until it stands here. */
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
/** The fields that each kind of rules can be updated with; a policy of one application has its place in the order too. */
const WRITABLE: Readonly<Record<'policy' | 'application-policy' | 'group', ReadonlySet<string>>> = {
  policy: new Set(Object.keys(POLICY_FIELDS)),
  'application-policy': new Set([...Object.keys(POLICY_FIELDS), 'precedence']),
  group: new Set(Object.keys(GROUP_FIELDS))
}

/** The writable part of a policy or group as it was read: an update replaces all of it, and refuses fields that are only read. */
export function writableRules(kind: keyof typeof WRITABLE, body: RuleSetAnswer): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([key]) => WRITABLE[kind].has(key)))
}

/** Whether two bodies hold the same rules. The rules of a list are a set: their order in an answer means nothing. */
export function sameRules(one: RuleSetAnswer, other: RuleSetAnswer): boolean {
  return (['include', 'exclude', 'require'] as const).every(
    (list) => canonical(one[list]) === canonical(other[list])
  )
}

/** The rules of a list as sorted JSON with sorted keys, each as often as it is there. */
function canonical(rules: RuleSetAnswer['include']): string {
  return JSON.stringify((rules ?? []).map((rule) => JSON.stringify(rule, sortedKeys)).sort())
}

function sortedKeys(_key: string, inner: unknown): unknown {
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
  return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
}
