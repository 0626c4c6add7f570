import { parseAnswer } from '../../http/parse-answer.ts'
import { RotationError, asRotationError } from '../../kernel/error.ts'
import { applicationSchema, ruleSetSchema, type RuleSetAnswer } from '../answers.ts'
import type { CloudflareCall } from '../lists.ts'
import { LISTS, sameRules, tokenOf } from './rule-body.ts'
import { toApplicationPolicyUpdate, toGroupUpdate, toPolicyUpdate } from '../sdk-params.ts'
import { PAGE_SIZE } from '../limits.ts'
import { parseEntries, readAllPages } from '../pages.ts'

/** Owner of a set of rules: a reusable policy, a policy of one application, or a group. */
export type RuleTarget =
  | { readonly kind: 'policy'; readonly id: string }
  | { readonly kind: 'application-policy'; readonly id: string; readonly applicationId: string }
  | { readonly kind: 'group'; readonly id: string }

/** A set of rules as it was read. */
export interface RuleSet {
  readonly target: RuleTarget
  /** The name that people gave it. */
  readonly name: string
  readonly body: RuleSetAnswer
}

/** An id that no policy or group has. */
const NO_ID = '00000000-0000-0000-0000-000000000000'

/** Reads every reusable policy, over all pages. */
export async function listPolicies(caller: CloudflareCall): Promise<readonly RuleSet[]> {
  const items = await readAllPages('reusable Access policies', (page) =>
    caller((sdk, account_id) => sdk.zeroTrust.access.policies.list({ account_id, page, per_page: PAGE_SIZE }))
  )
  return toRuleSets(items, (id) => ({ kind: 'policy', id }))
}

/** Reads every group, over all pages. */
export async function listGroups(caller: CloudflareCall): Promise<readonly RuleSet[]> {
  const items = await readAllPages('Access groups', (page) =>
    caller((sdk, account_id) => sdk.zeroTrust.access.groups.list({ account_id, page, per_page: PAGE_SIZE }))
  )
  return toRuleSets(items, (id) => ({ kind: 'group', id }))
}

/** Reads the ids of every application, over all pages. */
export async function listApplications(caller: CloudflareCall): Promise<readonly string[]> {
  const items = await readAllPages('Access applications', (page) =>
    caller((sdk, account_id) =>
      sdk.zeroTrust.access.applications.list({ account_id, page, per_page: PAGE_SIZE })
    )
  )
  return parseEntries(applicationSchema, items, 'listing the Access applications').map(({ id }) => id)
}

/** Reads the policies of one application without the reusable ones, which only their own route changes. */
export async function listApplicationPolicies(
  caller: CloudflareCall,
  applicationId: string
): Promise<readonly RuleSet[]> {
  const items = await readAllPages("an application's policies", (page) =>
    caller((sdk, account_id) =>
      sdk.zeroTrust.access.applications.policies.list(applicationId, {
        account_id,
        page,
        per_page: PAGE_SIZE
      })
    )
  )
  return toRuleSets(items, (id) => ({ kind: 'application-policy', id, applicationId })).filter(
    ({ body }) => body.reusable !== true
  )
}

/** Tells whether a set of rules names a service token, by its UUID. */
export function namesToken({ body }: RuleSet, tokenId: string): boolean {
  return LISTS.some((list) => (body[list] ?? []).some((rule) => tokenOf(rule) === tokenId))
}

/**
 * Checks without an edit whether rules may be edited, and returns the refusal: Cloudflare was seen to check the permission for a deletion before it
 * looks for the object. Only the edit itself decides.
 */
export async function findEditRefusal(
  caller: CloudflareCall,
  target: RuleTarget
): Promise<RotationError | undefined> {
  try {
    await caller<unknown>((sdk, account_id) => {
      const { policies, groups, applications } = sdk.zeroTrust.access
      if (target.kind === 'policy') return policies.delete(NO_ID, { account_id })
      if (target.kind === 'group') return groups.delete(NO_ID, { account_id })
      return applications.policies.delete(NO_ID, { account_id, app_id: target.applicationId })
    })
  } catch (thrown) {
    const error = asRotationError(thrown)
    if (error.code === 'cancelled' || error.code === 'internal') throw error
    // Any other refusal says that the token got as far as looking for it.
    const wasLookedFor =
      error.effect === 'not-applied' && error.code !== 'permission' && error.code !== 'refused'
    return wasLookedFor ? undefined : error
  }
  return undefined
}

/** The lists in which one match is enough. In `require` every rule must match, so a second token locks both out; Cloudflare's documentation. */
const ANY_OF = ['include', 'exclude'] as const

/** Tells whether a set of rules requires a token, so that no second one can be added. */
export function requiresToken({ body }: Pick<RuleSet, 'body'>, tokenId: string): boolean {
  return namesIn(body, 'require', new Set([tokenId]))
}

/** Adds a token beside another one where either is enough. The order of everything else stays. */
export function addToken(
  body: RuleSetAnswer,
  { present, added }: { present: string; added: string }
): RuleSetAnswer {
  return mapLists(body, ANY_OF, (rules) => {
    if (rules.some((rule) => tokenOf(rule) === added)) return rules
    return rules.flatMap((rule) =>
      tokenOf(rule) === present ? [rule, { ...rule, service_token: { token_id: added } }] : [rule]
    )
  })
}

/** Removes a token from every list. Check {@link findRemovalObstacle} first: an emptied list may admit everyone. */
export function removeToken(body: RuleSetAnswer, tokenId: string): RuleSetAnswer {
  return mapLists(body, LISTS, (rules) => rules.filter((rule) => tokenOf(rule) !== tokenId))
}

/** Puts a token back into every list that named it before, unless the list names it. */
export function restoreToken(
  body: RuleSetAnswer,
  { before, tokenId }: { readonly before: RuleSetAnswer; readonly tokenId: string }
): RuleSetAnswer {
  const restored = { ...body }
  for (const list of LISTS) {
    const own = (before[list] ?? []).filter((rule) => tokenOf(rule) === tokenId)
    const rules = body[list] ?? []
    if (own.length > 0 && !rules.some((rule) => tokenOf(rule) === tokenId))
      restored[list] = [...rules, ...own]
  }
  return restored
}

/**
 * The first list that names a token and none of its successors. Without the token, `include` would admit fewer, and `require` and `exclude` would
 * admit more. Undefined when the token can be removed safely.
 */
export function findRemovalObstacle(
  body: RuleSetAnswer,
  tokenId: string,
  successors: ReadonlySet<string>
): (typeof LISTS)[number] | undefined {
  return LISTS.find((list) => namesIn(body, list, new Set([tokenId])) && !namesIn(body, list, successors))
}

function namesIn(body: RuleSetAnswer, list: (typeof LISTS)[number], ids: ReadonlySet<string>): boolean {
  return (body[list] ?? []).some((rule) => ids.has(tokenOf(rule) ?? ''))
}

/**
 * Reads a set of rules afresh, changes it, and writes its whole writable body back, unless nothing has changed.
 * @returns whether it was written
 * @throws RotationError `not-confirmed` when what was answered is not what was written
 */
export async function editRules(
  caller: CloudflareCall,
  target: RuleTarget,
  change: (body: RuleSetAnswer) => RuleSetAnswer
): Promise<boolean> {
  const current = await readRules(caller, target)
  const changed = change(current)
  if (sameRules(current, changed)) return false
  const answer = await writeRules(caller, target, changed)
  if (!sameRules(answer, changed)) {
    throw new RotationError(
      'not-confirmed',
      `The ${describeTarget(target)} was written, but does not hold what was written.`,
      {
        hint: 'Another process may have edited it at the same moment: run again.',
        effect: 'unknown'
      }
    )
  }
  return true
}

/** Unique key of a target. */
export function targetKey(target: RuleTarget): string {
  return target.kind === 'application-policy'
    ? `${target.applicationId}/${target.id}`
    : `${target.kind}/${target.id}`
}

/** Name of a target in messages. */
export function describeTarget(target: RuleTarget): string {
  if (target.kind === 'application-policy')
    return `policy ${target.id} of application ${target.applicationId}`
  return `${target.kind === 'policy' ? 'reusable policy' : 'group'} ${target.id}`
}

async function readRules(caller: CloudflareCall, target: RuleTarget): Promise<RuleSetAnswer> {
  const answer = await caller<unknown>((sdk, account_id) => {
    const { policies, groups, applications } = sdk.zeroTrust.access
    if (target.kind === 'policy') return policies.get(target.id, { account_id })
    if (target.kind === 'group') return groups.get(target.id, { account_id })
    return applications.policies.get(target.id, { account_id, app_id: target.applicationId })
  })
  return parseAnswer(ruleSetSchema, answer, `reading ${describeTarget(target)}`)
}

async function writeRules(
  caller: CloudflareCall,
  target: RuleTarget,
  body: RuleSetAnswer
): Promise<RuleSetAnswer> {
  const answer = await caller<unknown>((sdk, account_id) => {
    const { policies, groups, applications } = sdk.zeroTrust.access
    if (target.kind === 'policy') return policies.update(target.id, toPolicyUpdate(body, account_id))
    if (target.kind === 'group') return groups.update(target.id, toGroupUpdate(body, account_id))
    const path = { account_id, app_id: target.applicationId }
    return applications.policies.update(target.id, toApplicationPolicyUpdate(body, path))
  })
  return parseAnswer(ruleSetSchema, answer, `writing ${describeTarget(target)}`)
}

/** A set whose rules cannot be read stops the rotation: it may name the token. */
function toRuleSets(items: readonly unknown[], target: (id: string) => RuleTarget): readonly RuleSet[] {
  return parseEntries(ruleSetSchema, items, 'listing Access rules').map((body) => ({
    target: target(body.id),
    name: body.name,
    body
  }))
}

type Rules = readonly Record<string, unknown>[]

function mapLists(
  body: RuleSetAnswer,
  lists: readonly (typeof LISTS)[number][],
  change: (rules: Rules) => Rules
): RuleSetAnswer {
  const changed = { ...body }
  for (const list of lists) {
    const rules = body[list]
    if (rules != null) changed[list] = [...change(rules)]
  }
  return changed
}
