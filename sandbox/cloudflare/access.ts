import type { AccessRule } from 'cloudflare/resources/zero-trust/access/applications/policies'
import { AccessApplications } from './access-applications.ts'
import { invalidAccessRequest } from './access-error.ts'
import { AccessGroups, type GroupBody } from './access-groups.ts'
import { AccessPolicies, type PolicyBody } from './access-policies.ts'
import { namesServiceToken, rulesOf, sortRules, type RuleSet } from './access-rules.ts'
import { CloudflareError } from './cloudflare-error.ts'
import { ServiceTokens } from './service-tokens.ts'
import type { CloudflareContext } from './state.ts'

/** Delays until the edge applies what the API has accepted, in milliseconds; read when the change is made. */
export interface EdgeDelays {
  /** New service tokens, new secrets, and re-enabled tokens. */
  newSecretsMs: number
  /** Disabled or deleted tokens, replaced or shortened secrets. */
  revocationsMs: number
  /** Written policies and groups. */
  policiesMs: number
}

/** Shared context of every part of Access. */
export interface AccessContext extends CloudflareContext {
  readonly delays: EdgeDelays
  /** Whether a rule anywhere names this service token. */
  readonly isTokenNamed: (tokenId: string) => boolean
  /** Throws where a rule names a service token or a group that does not exist. */
  readonly checkRules: (set: RuleSet) => void
}

/** Zero Trust Access of the account: service tokens, and the rules that admit them. */
export class Access {
  readonly delays: EdgeDelays = { newSecretsMs: 0, revocationsMs: 0, policiesMs: 0 }
  /** Organization's part of the login page's host name. */
  readonly team = 'octo'
  /** Whether the organization distinguishes 401 (cannot authenticate) from 403 (valid, not authorized) everywhere. */
  strictServiceAuth = false
  /** Whether unknown and read-only fields of a request are dropped instead of refused. */
  dropsUnknownFields = false
  /** Most items on a page, however many are requested. */
  pageSizeCap = Infinity
  /** IP address of callers of protected applications, for rules on `ip`. */
  callerIp = '203.0.113.7'
  readonly serviceTokens: ServiceTokens
  readonly policies: AccessPolicies
  readonly groups: AccessGroups
  readonly applications: AccessApplications

  constructor(context: CloudflareContext) {
    const own: AccessContext = {
      ...context,
      delays: this.delays,
      isTokenNamed: (tokenId) => this.rulesNaming(tokenId).length > 0,
      checkRules: (set) => rulesOf(set).forEach((rule) => this.#checkRule(rule))
    }
    this.serviceTokens = new ServiceTokens(own)
    this.policies = new AccessPolicies(own)
    this.groups = new AccessGroups(own)
    this.applications = new AccessApplications(own, this.policies)
  }

  /** Writable body of every policy and group, by id: an undo must restore exactly this. Rules are a set, so they are sorted here. */
  get ruleBodies(): Readonly<Record<string, PolicyBody | GroupBody>> {
    return Object.fromEntries(
      [...this.policies.all, ...this.groups.all].map(({ id, body }) => [id, sortRules(body.current)])
    )
  }

  /** Finds the names of the policies and groups with a rule that names this service token. */
  rulesNaming(tokenId: string): readonly string[] {
    return [...this.policies.all, ...this.groups.all]
      .map(({ body }) => body.current)
      .filter((set) => namesServiceToken(set, tokenId))
      .map(({ name }) => name)
  }

  #checkRule(rule: AccessRule): void {
    if ('service_token' in rule && !this.serviceTokens.exists(rule.service_token.token_id)) {
      throw invalidAccessRequest(`service token ${rule.service_token.token_id} does not exist`)
    }
    if ('group' in rule && this.groups.find(rule.group.id) === undefined) {
      throw new CloudflareError(400, { code: 11020, message: 'access.api.error.failed_to_load_group' })
    }
  }
}
