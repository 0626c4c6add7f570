import {
  addToken,
  describeTarget,
  findEditRefusal,
  findRemovalObstacle,
  listApplicationPolicies,
  listApplications,
  listGroups,
  listPolicies,
  namesToken,
  removeToken,
  requiresToken,
  type RuleTarget,
  type RuleSet
} from '../../cloudflare/access/access-rules.ts'
import type { CloudflareCall } from '../../cloudflare/lists.ts'
import type { RuleEditor } from '../../cloudflare/access/rule-editor.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import { RotationError } from '../../kernel/error.ts'
import type { Reporter } from '../../rotation/model/ports.ts'

/** The account's Access rules, without the policies of single applications. */
export interface RuleLists {
  readonly policies: readonly RuleSet[]
  readonly groups: readonly RuleSet[]
  readonly applicationIds: readonly string[]
}

/** What {@link AccessPolicies} is built from. */
export interface AccessPoliciesOptions {
  readonly caller: CloudflareCall
  /** Shared by the whole run. */
  readonly editor: RuleEditor
  /** Read once a run, while the run observes. */
  readonly lists: () => Promise<RuleLists>
  readonly reporter: Reporter
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

/**
 * The Access rules that name a service token by its UUID: reusable policies, policies of one application, and groups, in include, exclude or
 * require. A rule for any valid service token needs no change.
 */
export class AccessPolicies {
  readonly #options: AccessPoliciesOptions
  #old: { readonly id: string; readonly rules: readonly RuleSet[] } | undefined
  /** The old token and the new ones that this run added to its rules. */
  readonly #tokensOfRun = new Set<string>()

  constructor(options: AccessPoliciesOptions) {
    this.#options = options
  }

  /** Finds the rules that name the old token and, at the same time, whether they may be edited. */
  async prepare(oldId: string): Promise<void> {
    const { caller, reporter } = this.#options
    const lists = await this.#options.lists()
    const named = [...lists.policies, ...lists.groups]
      .filter((rule) => namesToken(rule, oldId))
      .map(({ target }) => target)
    const [applicationId] = lists.applicationIds
    const own: RuleTarget[] =
      applicationId === undefined ? [] : [{ kind: 'application-policy', id: '', applicationId }]
    const targets = new Map([...named, ...own].map((target) => [target.kind, target]))
    const [rules, refusals] = await allOrFirstError([
      this.#findRules(oldId, lists),
      Promise.all(
        [...targets].map(async ([kind, target]) => [kind, await findEditRefusal(caller, target)] as const)
      )
    ])
    requireNone(rules, oldId)
    const refusalOf = new Map(refusals)
    for (const { target, name } of rules) {
      const refusal = refusalOf.get(target.kind)
      if (refusal !== undefined) reporter.warning(describeRefusal(name, refusal))
    }
    this.#old = { id: oldId, rules }
    this.#tokensOfRun.add(oldId)
    const names = rules.map(({ name, target }) => `"${name}" (${describeTarget(target)})`)
    reporter.info(
      rules.length === 0
        ? 'No rule names the old service token'
        : `Rules that name the old service token: ${names.join(', ')}`
    )
  }

  /** Tells whether a rule names a token, which Cloudflare then refuses to delete. */
  isNamed(tokenId: string): boolean {
    return this.#tokensOfRun.has(tokenId) && (this.#old?.rules.length ?? 0) > 0
  }

  /** Adds the new token to every rule that names the old one. */
  async admit(newId: string): Promise<void> {
    const { editor, reporter } = this.#options
    if (this.#old === undefined) throw new TypeError('prepare() was not called')
    const { id, rules } = this.#old
    this.#tokensOfRun.add(newId)
    await allOrFirstError(
      rules.map(({ target }) => editor.edit(target, (body) => addToken(body, { present: id, added: newId })))
    )
    if (rules.length > 0)
      reporter.info(`Added the new service token beside the old one to ${rules.length} rules`)
  }

  /** Removes the old token, or one that this run added, from the rules that name the old one. */
  async removeFromPolicies(tokenId: string, successors: ReadonlySet<string> = new Set()): Promise<void> {
    await this.#removeFrom(tokenId, this.#old?.rules ?? [], successors)
  }

  /** Removes any token from every rule that names it. @throws RotationError `access-policy`, before anything was changed */
  async removeFromAllPolicies(tokenId: string, successors: ReadonlySet<string>): Promise<void> {
    const rules = await this.#findRules(tokenId, await readRuleLists(this.#options.caller))
    for (const rule of rules) this.#requireSuccessor(rule, rule.body, { tokenId, successors })
    await this.#removeFrom(tokenId, rules, successors)
  }

  /** Checks that every rule that names a token also names a successor of it. @throws RotationError `access-policy` */
  async requireRemovable(tokenId: string, successors: ReadonlySet<string>): Promise<void> {
    const rules = await this.#findRules(tokenId, await this.#options.lists())
    for (const rule of rules) this.#requireSuccessor(rule, rule.body, { tokenId, successors })
  }

  async #removeFrom(
    tokenId: string,
    rules: readonly RuleSet[],
    successors: ReadonlySet<string>
  ): Promise<void> {
    const { editor, reporter } = this.#options
    const edited = await allOrFirstError(
      rules.map((rule) =>
        editor.editIfThere(rule.target, (body) => {
          this.#requireSuccessor(rule, body, { tokenId, successors })
          return removeToken(body, tokenId)
        })
      )
    )
    const count = edited.filter(Boolean).length
    if (count > 0) reporter.info(`Removed ${tokenId} from ${count} rules`)
  }

  /** Keeps a policy from becoming broader or empty: a token leaves a list only where the same list names a successor. */
  #requireSuccessor(
    { name, target }: Pick<RuleSet, 'name' | 'target'>,
    body: RuleSet['body'],
    { tokenId, successors }: { readonly tokenId: string; readonly successors: ReadonlySet<string> }
  ): void {
    const standIns = new Set([...successors, ...this.#tokensOfRun].filter((id) => id !== tokenId))
    const list = findRemovalObstacle(body, tokenId, standIns)
    if (list === undefined) return
    throw new RotationError(
      'access-policy',
      `"${name}" (${describeTarget(target)}) names ${tokenId} in \`${list}\` without any of its successors: removing it would change whom the rule admits.`,
      {
        hint: `If the token is not in use, edit "${name}" in the Cloudflare dashboard. The rule was not changed.`
      }
    )
  }

  async #findRules(
    tokenId: string,
    { policies, groups, applicationIds }: RuleLists
  ): Promise<readonly RuleSet[]> {
    const own = await allOrFirstError(
      applicationIds.map((id) => listApplicationPolicies(this.#options.caller, id))
    )
    // An application's list may not say which of its policies are reusable; only their own route changes those.
    const reusable = new Set(policies.map(({ target }) => target.id))
    const single = own.flat().filter(({ target }) => !reusable.has(target.id))
    return [...policies, ...single, ...groups].filter((rule) => namesToken(rule, tokenId))
  }
}

/** @throws RotationError `access-policy` when a rule requires the old token: a second token beside it would lock both out */
function requireNone(rules: readonly RuleSet[], oldId: string): void {
  const required = rules.find((rule) => requiresToken(rule, oldId))
  if (required === undefined) return
  const { name, target } = required
  throw new RotationError(
    'access-policy',
    `"${name}" (${describeTarget(target)}) names the service token ${oldId} in \`require\`, where every rule must match: a second token cannot be added beside it.`,
    {
      hint: 'In `require`, name a group that includes the token, which is then edited; or set `strategy: rotate`, which keeps the client id. Nothing was changed.'
    }
  )
}

/** The warning for a rule that must be edited and probably cannot be. */
function describeRefusal(name: string, { code, message, hint }: RotationError): string {
  const isRefused = code === 'permission' || code === 'refused'
  const about = isRefused
    ? `"${name}" names the service token and probably cannot be edited: Cloudflare refused a test deletion of a rule that does not exist.`
    : `"${name}" names the service token. Whether it may be edited could not be checked.`
  return `${about} ${message} ${hint ?? 'Give auth.access the permission to edit it.'}`
}
