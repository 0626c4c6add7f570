import {
  listApplications,
  listGroups,
  listPolicies,
  namesToken,
  type RuleSet
} from '../../cloudflare/access/access-rules.ts'
import type { CloudflareCall } from '../../cloudflare/lists.ts'
import { allOrFirstError } from '../../kernel/settle.ts'

/** The account's Access rules, without the policies of single applications. */
export interface RuleLists {
  readonly policies: readonly RuleSet[]
  readonly groups: readonly RuleSet[]
  readonly applicationIds: readonly string[]
}

/** Reads reusable policies, groups and applications at the same time. */
export async function readRuleLists(caller: CloudflareCall): Promise<RuleLists> {
  const [policies, groups, applicationIds] = await allOrFirstError([
    listPolicies(caller),
    listGroups(caller),
    listApplications(caller)
  ])
  return { policies, groups, applicationIds }
}

/** Finds the rules that name a token. An application's list may not say which of its policies are reusable; only their own route changes those. */
export function rulesNaming(
  tokenId: string,
  { policies, groups }: RuleLists,
  own: readonly RuleSet[]
): readonly RuleSet[] {
  const reusable = new Set(policies.map(({ target }) => target.id))
  const single = own.filter(({ target }) => !reusable.has(target.id))
  return [...policies, ...single, ...groups].filter((rule) => namesToken(rule, tokenId))
}
