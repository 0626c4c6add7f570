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
} from '../cloudflare/access-rules.ts'
import type { CloudflareCall } from '../cloudflare/lists.ts'
import type { RuleEditor } from '../cloudflare/rule-editor.ts'
import { allOrFirstError } from '../kernel/settle.ts'
import { RotationError } from '../kernel/error.ts'
import type { Reporter } from '../rotation/model/ports.ts'

/** Every place in which rules can stand, as far as it is read without asking each application. */
export interface RuleLists {
  readonly policies: readonly RuleSet[]
  readonly groups: readonly RuleSet[]
  readonly applicationIds: readonly string[]
}

/** What an admission is made from. */
export interface AccessPoliciesOptions {
  readonly caller: CloudflareCall
  /** Shared by the whole run. */
  readonly editor: RuleEditor
  /** Read once a run, while the run observes. */
  readonly lists: () => Promise<RuleLists>
  readonly reporter: Reporter
}

/** Reads every place in which rules can stand, at the same time. */
export async function readRuleLists(caller: CloudflareCall): Promise<RuleLists> {
  const [policies, groups, applicationIds] = await allOrFirstError([
    listPolicies(caller),
    listGroups(caller),
    listApplications(caller)
  ])
  return { policies, groups, applicationIds }
}

/**
 * Who is admitted where: every reusable policy, policy of an application and group that names a service token by its UUID, in include, exclude or
 * require. A rule for any valid service token needs nothing.
 */
export class AccessPolicies {
  readonly #options: AccessPoliciesOptions
  #old: { readonly id: string; readonly rules: readonly RuleSet[] } | undefined
  /** The old token and those that this run admitted beside it: all that its rules can name of this run's. */
  readonly #known = new Set<string>()

  constructor(options: AccessPoliciesOptions) {
    this.#options = options
  }

  /** Finds the rules that name the old token, and finds out at the same time whether they may be edited. */
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
    const doubts = new Map(refusals)
    for (const { target, name } of rules) {
      const doubt = doubts.get(target.kind)
      if (doubt !== undefined) reporter.warning(describeRefusal(name, doubt))
    }
    this.#old = { id: oldId, rules }
    this.#known.add(oldId)
    const names = rules.map(({ name, target }) => `"${name}" (${describeTarget(target)})`)
    reporter.info(
      rules.length === 0
        ? 'No rule names the old service token'
        : `The old service token is named by ${names.join(', ')}`
    )
  }

  /** Whether a rule is known to name a token, which can't be deleted then. */
  isNamed(tokenId: string): boolean {
    return this.#known.has(tokenId) && (this.#old?.rules.length ?? 0) > 0
  }

  /** Puts the new token beside the old one, in every rule that names the old one. */
  async admit(newId: string): Promise<void> {
    const { editor, reporter } = this.#options
    if (this.#old === undefined) throw new TypeError('prepare() was not called')
    const { id, rules } = this.#old
    this.#known.add(newId)
    await allOrFirstError(
      rules.map(({ target }) => editor.edit(target, (body) => addToken(body, { present: id, added: newId })))
    )
    if (rules.length > 0)
      reporter.info(`The new service token is admitted beside the old one by ${rules.length} rules`)
  }

  /** Takes a token of this run out of the rules that it was put into, or that named it before. */
  async removeFromPolicies(tokenId: string, successors: ReadonlySet<string> = new Set()): Promise<void> {
    await this.#removeFrom(tokenId, this.#old?.rules ?? [], successors)
  }

  /** Takes any token out of every rule that names it, wherever it is. @throws RotationError `access-policy`, before anything was changed */
  async removeFromAllPolicies(tokenId: string, successors: ReadonlySet<string>): Promise<void> {
    const rules = await this.#findRules(tokenId, await readRuleLists(this.#options.caller))
    for (const rule of rules) this.#requireSuccessor(rule, rule.body, { tokenId, successors })
    await this.#removeFrom(tokenId, rules, successors)
  }

  /** Finds out whether every rule that names a token also names a successor of it. @throws RotationError `access-policy` */
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
    if (count > 0) reporter.info(`Took ${tokenId} out of ${count} rules`)
  }

  /** A policy never becomes broader, nor empty: a token leaves a list only where its successor stands in the same one. */
  #requireSuccessor(
    { name, target }: Pick<RuleSet, 'name' | 'target'>,
    body: RuleSet['body'],
    { tokenId, successors }: { readonly tokenId: string; readonly successors: ReadonlySet<string> }
  ): void {
    const standIns = new Set([...successors, ...this.#known].filter((id) => id !== tokenId))
    const list = findRemovalObstacle(body, tokenId, standIns)
    if (list === undefined) return
    throw new RotationError(
      'access-policy',
      `"${name}" (${describeTarget(target)}) names ${tokenId} in \`${list}\`, where none of its successors stands: without it the rule would change whom it admits.`,
      {
        hint: `Edit "${name}" in the Cloudflare dashboard, if the token is not in use. Nothing of it was changed.`
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
    return [...policies, ...own.flat(), ...groups].filter((rule) => namesToken(rule, tokenId))
  }
}

/** @throws RotationError `access-policy` where a rule requires the old token: a second one beside it would lock both out */
function requireNone(rules: readonly RuleSet[], oldId: string): void {
  const required = rules.find((rule) => requiresToken(rule, oldId))
  if (required === undefined) return
  const { name, target } = required
  throw new RotationError(
    'access-policy',
    `"${name}" (${describeTarget(target)}) has the service token ${oldId} in \`require\`, which demands all of its rules: no second token can be admitted beside it.`,
    {
      hint: 'Require a group that includes the token instead, which is then edited; or set `strategy: rotate`, which keeps the client id. Nothing was changed.'
    }
  )
}

/** Said only once it is known that some rule of the kind must be edited. */
function describeRefusal(name: string, { code, message, hint }: RotationError): string {
  const isRefused = code === 'permission' || code === 'refused'
  const about = isRefused
    ? `"${name}" names the service token, and can probably not be edited: the deletion of one that does not exist was refused.`
    : `"${name}" names the service token, and whether it may be edited could not be found out.`
  return `${about} ${message} ${hint ?? 'Give auth.access the permission to edit it.'}`
}
