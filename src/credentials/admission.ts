import {
  besides,
  describePlace,
  editRules,
  editRulesIfThere,
  listApplicationPolicies,
  listApplications,
  listGroups,
  listPolicies,
  namesToken,
  requireEdit,
  without,
  type RuleSet
} from '../cloudflare/access-rules.ts'
import type { Caller } from '../cloudflare/lists.ts'
import { allOrFirstError } from '../rotation/all.ts'
import { inContext } from '../rotation/error.ts'
import type { Reporter } from '../rotation/ports.ts'

/** Every place in which rules can stand, as far as it is read without asking each application. */
export interface RuleLists {
  readonly policies: readonly RuleSet[]
  readonly groups: readonly RuleSet[]
  readonly applicationIds: readonly string[]
}

/** What an admission is made from. */
export interface AdmissionOptions {
  readonly caller: Caller
  /** Read once a run, while the run observes. */
  readonly lists: () => Promise<RuleLists>
  readonly reporter: Reporter
}

/** Reads every place in which rules can stand, at the same time. */
export async function readRuleLists(caller: Caller): Promise<RuleLists> {
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
export class Admission {
  readonly #options: AdmissionOptions
  #old: { readonly id: string; readonly rules: readonly RuleSet[] } | undefined
  /** The old token and those that this run admitted beside it: all that its rules can name of this run's. */
  readonly #known = new Set<string>()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Finds the rules that name the old token, and finds out whether they may be edited. */
  async prepare(oldId: string): Promise<void> {
    const { caller, reporter } = this.#options
    const rules = await this.#findRules(oldId, await this.#options.lists())
    const kinds = new Map(rules.map((rule) => [rule.place.kind, rule]))
    await allOrFirstError(
      [...kinds.values()].map(async (rule) => {
        try {
          await requireEdit(caller, rule)
        } catch (thrown) {
          throw inContext(thrown, `"${rule.name}" names the service token, and can't be edited`)
        }
      })
    )
    this.#old = { id: oldId, rules }
    this.#known.add(oldId)
    const names = rules.map(({ name, place }) => `"${name}" (${describePlace(place)})`)
    reporter.info(rules.length === 0 ? 'No rule names the old service token' : `The old service token is named by ${names.join(', ')}`)
  }

  /** Puts the new token beside the old one, in every rule that names the old one. */
  async admit(newId: string): Promise<void> {
    const { caller, reporter } = this.#options
    if (this.#old === undefined) throw new TypeError('prepare() was not called')
    const { id, rules } = this.#old
    this.#known.add(newId)
    await allOrFirstError(
      rules.map(({ place }) => editRules(caller, place, (body) => besides(body, { present: id, added: newId })))
    )
    if (rules.length > 0) reporter.info(`The new service token is admitted beside the old one by ${rules.length} rules`)
  }

  /** Takes a token out of every rule that names it, wherever it is. */
  async withdraw(tokenId: string): Promise<void> {
    const { caller, reporter } = this.#options
    const known = this.#known.has(tokenId) ? this.#old?.rules : undefined
    const rules = known ?? (await this.#findRules(tokenId, await readRuleLists(caller)))
    const edited = await allOrFirstError(rules.map(({ place }) => editRulesIfThere(caller, place, (body) => without(body, tokenId))))
    const count = edited.filter(Boolean).length
    if (count > 0) reporter.info(`Took ${tokenId} out of ${count} rules`)
  }

  async #findRules(tokenId: string, { policies, groups, applicationIds }: RuleLists): Promise<readonly RuleSet[]> {
    const own = await allOrFirstError(applicationIds.map((id) => listApplicationPolicies(this.#options.caller, id)))
    return [...policies, ...own.flat(), ...groups].filter((rule) => namesToken(rule, tokenId))
  }
}
