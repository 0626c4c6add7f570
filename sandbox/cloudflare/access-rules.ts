import type { AccessRule } from 'cloudflare/resources/zero-trust/access/applications/policies'
import * as v from 'valibot'
import type { Entropy } from '../random.ts'

type KindsOf<Rule> = Rule extends Rule ? keyof Rule : never

/** Name of a rule's only key. */
export type RuleKind = KindsOf<AccessRule>

// Every kind of rule in the SDK; a missing one is a compile error.
const kinds: Record<RuleKind, true> = {
  any_valid_service_token: true,
  auth_context: true,
  auth_method: true,
  azureAD: true,
  certificate: true,
  cloudflare_account_member: true,
  common_name: true,
  device_posture: true,
  email: true,
  email_domain: true,
  email_list: true,
  everyone: true,
  external_evaluation: true,
  geo: true,
  'github-organization': true,
  group: true,
  gsuite: true,
  ip: true,
  ip_list: true,
  linked_app_token: true,
  login_method: true,
  oidc: true,
  okta: true,
  saml: true,
  service_token: true,
  user_risk_score: true
}

/** Rules of a policy or group: any of include, all of require, none of exclude. */
export interface RuleSet {
  readonly include: readonly AccessRule[]
  readonly exclude?: readonly AccessRule[]
  readonly require?: readonly AccessRule[]
}

/** List of rules, stored unchanged and in order. */
export const accessRules = v.array(v.custom<AccessRule>(isRule, 'one known kind of rule'))

/** Lists every rule of a set. */
export function rulesOf({ include, exclude = [], require = [] }: RuleSet): readonly AccessRule[] {
  return [...include, ...exclude, ...require]
}

/** Whether a rule of the set names this service token. */
export function namesServiceToken(set: RuleSet, tokenId: string): boolean {
  return rulesOf(set).some((rule) => 'service_token' in rule && rule.service_token.token_id === tokenId)
}

/** Normalizes a body as the API stores it: fields in one order, and the two optional lists empty where they are missing. */
export function settleRules<T extends RuleSet>(body: T, fields: readonly string[]): T {
  const complete: T = { exclude: [], require: [], ...body }
  const inOrder = Object.entries(complete).sort(([a], [b]) => fields.indexOf(a) - fields.indexOf(b))
  return Object.fromEntries(inOrder) as unknown as T
}

/** Shuffles the rules of each list, since the rules of a policy or group are a set. */
export function shuffleRules<T extends RuleSet>(set: T, order: Entropy): T {
  const lists = Object.entries(set).map(([key, value]) =>
    key === 'include' || key === 'exclude' || key === 'require'
      ? [key, order.shuffled(value as readonly AccessRule[])]
      : [key, value as unknown]
  )
  return Object.fromEntries(lists) as T
}

/** Sorts the rules of each list, so that two sets can be compared. */
export function sortRules<T extends RuleSet>(set: T): T {
  const sorted = (rules: readonly AccessRule[]): AccessRule[] =>
    [...rules].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  const { include, exclude = [], require = [] } = set
  return { ...set, include: sorted(include), exclude: sorted(exclude), require: sorted(require) }
}

function isRule(input: unknown): boolean {
  if (typeof input !== 'object' || input === null) return false
  const [[kind = '', value] = [], ...others] = Object.entries(input) as [string, unknown][]
  if (others.length > 0 || !Object.hasOwn(kinds, kind) || typeof value !== 'object' || value === null)
    return false
  if (kind === 'service_token') return 'token_id' in value && typeof value.token_id === 'string'
  if (kind === 'group') return 'id' in value && typeof value.id === 'string'
  return true
}
