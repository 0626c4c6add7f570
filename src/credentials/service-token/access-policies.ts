import {
  addToken,
  describeTarget,
  findEditRefusal,
  findRemovalObstacle,
  listApplicationPolicies,
  namesToken,
  removeToken,
  requiresToken,
  restoreToken,
  type RuleTarget,
  type RuleSet
} from '../../cloudflare/access/access-rules.ts'
import type { CloudflareCall } from '../../cloudflare/lists.ts'
import type { RuleEditor } from '../../cloudflare/access/rule-editor.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import { RotationError, ifFound } from '../../kernel/error.ts'
import type { Reporter } from '../../rotation/model/ports.ts'
import { rulesNaming, type RuleLists } from './rule-lists.ts'

/** What {@link AccessPolicies} is built from. */
export interface AccessPoliciesOptions {
  readonly caller: CloudflareCall
  /** Shared by the whole run. */
  readonly editor: RuleEditor
  /** Read once a run, while the run observes. */
  readonly lists: () => Promise<RuleLists>
  /** Read no earlier than the call. */
  readonly freshLists: () => Promise<RuleLists>
  readonly reporter: Reporter
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
  /** Rules that this run removed a token from, as they were before. */
  readonly #removed: (RuleSet & { readonly tokenId: string })[] = []

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
    const rules = await this.#findFreshRules(tokenId)
    for (const rule of rules) this.#requireSuccessor(rule, rule.body, { tokenId, successors })
    await this.#removeFrom(tokenId, rules, successors)
  }

  /** Puts a token back into the rules that this run removed it from. */
  async restore(tokenId: string): Promise<void> {
    const { editor, reporter } = this.#options
    const restored = await allOrFirstError(
      this.#removed
        .filter((rule) => rule.tokenId === tokenId)
        .map(({ target, body: before }) =>
          editor.editIfThere(target, (body) => restoreToken(body, { before, tokenId }))
        )
    )
    const count = restored.filter(Boolean).length
    if (count > 0) reporter.info(`Put ${tokenId} back into ${count} rules`)
  }

  /** Checks, as of now, that every rule that names a token also names a successor of it. @throws RotationError `access-policy` */
  async requireRemovable(tokenId: string, successors: ReadonlySet<string>): Promise<void> {
    const rules = await this.#findFreshRules(tokenId)
    await allOrFirstError(
      rules.map(async (rule) => {
        if (this.#findObstacle(rule.body, { tokenId, successors }) === undefined) return
        // A list may lag behind the last edit: only the rule itself is certain.
        await this.#options.editor.editIfThere(rule.target, (body) => {
          this.#requireSuccessor(rule, body, { tokenId, successors })
          return body
        })
      })
    )
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
          const before = { ...rule, body }
          if (namesToken(before, tokenId)) this.#removed.push({ ...before, tokenId })
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
    const list = this.#findObstacle(body, { tokenId, successors })
    if (list === undefined) return
    throw new RotationError(
      'access-policy',
      `"${name}" (${describeTarget(target)}) names ${tokenId} in \`${list}\` without any of its successors: removing it would change whom the rule admits.`,
      {
        hint: `If the token is not in use, edit "${name}" in the Cloudflare dashboard. The rule was not changed.`
      }
    )
  }

  #findObstacle(
    body: RuleSet['body'],
    { tokenId, successors }: { readonly tokenId: string; readonly successors: ReadonlySet<string> }
  ): ReturnType<typeof findRemovalObstacle> {
    const standIns = new Set([...successors, ...this.#tokensOfRun].filter((id) => id !== tokenId))
    return findRemovalObstacle(body, tokenId, standIns)
  }

  async #findRules(tokenId: string, lists: RuleLists): Promise<readonly RuleSet[]> {
    return rulesNaming(tokenId, lists, await this.#listOwn(lists.applicationIds))
  }

  /** Like {@link #findRules}, as of now. What is known already of applications saves a round trip. */
  async #findFreshRules(tokenId: string): Promise<readonly RuleSet[]> {
    const { lists, freshLists } = this.#options
    const { applicationIds: known } = await lists()
    const [fresh, own] = await allOrFirstError([freshLists(), this.#listOwn(known)])
    const added = await this.#listOwn(fresh.applicationIds.filter((id) => !known.includes(id)))
    return rulesNaming(tokenId, fresh, [...own, ...added])
  }

  /** Reads the policies of applications that may have been deleted meanwhile. */
  async #listOwn(applicationIds: readonly string[]): Promise<readonly RuleSet[]> {
    const own = await allOrFirstError(
      applicationIds.map((id) => ifFound(listApplicationPolicies(this.#options.caller, id)))
    )
    return own.flatMap((rules) => rules ?? [])
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
