import type { ApplicationGetResponse } from 'cloudflare/resources/zero-trust/access/applications/applications'
import { isoSeconds } from '../clock.ts'
import { invalidAccessRequest, noAccessObject } from './access-error.ts'
import { presentPolicy, type AccessPolicies, type AccessPolicy, type PolicyBody } from './access-policies.ts'
import type { AccessContext } from './access.ts'
import type { Entropy } from '../random.ts'

/** Ways in which an application answers a missing, wrong or unauthorized service token. */
export type AnswerStyle = 'identity' | 'service-auth-only' | '401' | 'strict'

/** Failures of an application for every caller; the service returns the first four, the edge the others. */
export type ServiceFailure =
  | 'access_required'
  | 'token_invalid_signature'
  | 'token_claim_mismatch'
  | 'insufficient_scope'
  | 'server-error'
  | 'edge-block'
  | 'block-page'
  | 'timed-out'
  | 'redirect-login'

/** Link to a file of the protected service; times are epoch milliseconds. */
export interface Share {
  readonly id: string
  readonly bucket: string
  readonly path: string
  readonly maxDownloads: number | undefined
  readonly createdBy: string
  readonly createdAt: number
  readonly expiresAt: number
}

/** Application behind Access, with the service that runs there; times are epoch milliseconds. */
export interface Application {
  readonly id: string
  /** Its path on a loopback port: `/service/<slug>`. */
  readonly slug: string
  readonly name: string
  readonly domain: string
  readonly aud: string
  readonly createdAt: number
  serviceAuth401Redirect: boolean
  /** Both kinds of policies, in the order of their precedence. */
  readonly policies: { readonly policy: AccessPolicy; precedence: number }[]
  /** By default as its policies, `serviceAuth401Redirect` and the organization determine. */
  answerStyle: AnswerStyle | undefined
  /** Failure for every caller, or depending on the client id of the caller. */
  failure: ServiceFailure | ((clientId: string | undefined) => ServiceFailure | undefined) | undefined
  /** Client ids that are refused although their token is valid and a policy admits it. */
  readonly refusedClientIds: Set<string>
  /** Permissions that the service grants to a token. */
  scopes: readonly string[]
  readonly buckets: Set<string>
  readonly shares: Map<string, Share>
  /** `CF_Authorization` cookies, which outlive the token that they were issued for. */
  readonly sessions: Map<string, { readonly clientId: string; readonly expiresAt: number }>
}

/** Self-hosted applications of the account. */
export class AccessApplications {
  readonly #context: AccessContext
  readonly #policies: AccessPolicies
  readonly #byId = new Map<string, Application>()

  constructor(context: AccessContext, policies: AccessPolicies) {
    this.#context = context
    this.#policies = policies
  }

  get all(): readonly Application[] {
    return [...this.#byId.values()]
  }

  get(id: string): Application {
    const application = this.#byId.get(id)
    if (application === undefined) throw noAccessObject('application')
    return application
  }

  findBySlug(slug: string): Application | undefined {
    return this.all.find((application) => application.slug === slug)
  }

  findByHost(host: string): Application | undefined {
    return this.all.find((application) => application.domain === host)
  }

  add({ name, slug, domain }: { name: string; slug: string; domain: string }): Application {
    const { clock, entropy } = this.#context
    const application: Application = {
      id: entropy.uuid(),
      ...{ slug, name, domain },
      aud: entropy.hex(64),
      createdAt: clock.now(),
      serviceAuth401Redirect: false,
      policies: [],
      answerStyle: undefined,
      failure: undefined,
      refusedClientIds: new Set(),
      scopes: ['shares:read', 'shares:write'],
      buckets: new Set(['files']),
      shares: new Map(),
      sessions: new Map()
    }
    this.#byId.set(application.id, application)
    return application
  }

  /** Creates a policy that belongs to this application alone. */
  addPolicy(
    application: Application,
    { precedence, ...body }: PolicyBody & { precedence?: number }
  ): AccessPolicy {
    if (precedence !== undefined) checkFree(application, { precedence })
    const policy = this.#policies.create(body, { reusable: false })
    this.link(application, policy, precedence)
    return policy
  }

  /** Adds a policy to the application; without a precedence it comes last. */
  link(application: Application, policy: AccessPolicy, precedence?: number): void {
    const last = application.policies.at(-1)?.precedence ?? 0
    application.policies.push({ policy, precedence: precedence ?? last + 1 })
    application.policies.sort((a, b) => a.precedence - b.precedence)
  }

  getPolicy(application: Application, policyId: string): AccessPolicy {
    const link = application.policies.find(({ policy }) => policy.id === policyId)
    if (link === undefined) throw noAccessObject('policy')
    return link.policy
  }

  /** Replaces the whole policy; without a precedence it comes last. */
  replacePolicy(
    application: Application,
    policy: AccessPolicy,
    { precedence, ...body }: PolicyBody & { precedence?: number }
  ): void {
    if (policy.reusable) {
      throw invalidAccessRequest('reusable policies cannot be updated through an application')
    }
    if (precedence !== undefined) checkFree(application, { precedence, policy })
    this.#policies.replace(policy, body)
    const index = application.policies.findIndex((link) => link.policy === policy)
    application.policies.splice(index, 1)
    this.link(application, policy, precedence)
  }

  /** Removes a policy from the application; one of its own is deleted. */
  removePolicy(application: Application, policy: AccessPolicy): void {
    const index = application.policies.findIndex((link) => link.policy === policy)
    application.policies.splice(index, 1)
    if (!policy.reusable) this.#policies.delete(policy)
  }

  /** Counts the applications that use a policy. */
  countUsing(policy: AccessPolicy): number {
    return this.all.filter(({ policies }) => policies.some((link) => link.policy === policy)).length
  }
}

/** Formats a policy as the application's route shows it. */
export function presentAppPolicy(application: Application, policy: AccessPolicy, order: Entropy) {
  const precedence = application.policies.find((link) => link.policy === policy)?.precedence ?? 0
  return { ...presentPolicy(policy, order), precedence, reusable: policy.reusable }
}

/** Formats an application as answers show it, typed by the SDK. */
export function presentApplication(application: Application, order: Entropy) {
  return {
    id: application.id,
    uid: application.id,
    aud: application.aud,
    name: application.name,
    domain: application.domain,
    self_hosted_domains: [application.domain],
    type: 'self_hosted',
    session_duration: '24h',
    app_launcher_visible: false,
    service_auth_401_redirect: application.serviceAuth401Redirect,
    policies: order
      .shuffled(application.policies)
      .map(({ policy }) => presentAppPolicy(application, policy, order)),
    created_at: isoSeconds(application.createdAt),
    updated_at: isoSeconds(application.createdAt)
  } satisfies ApplicationGetResponse.SelfHostedApplication & Record<string, unknown>
}

function checkFree(
  application: Application,
  { precedence, policy }: { precedence: number; policy?: AccessPolicy }
): void {
  const isTaken = application.policies.some(
    (link) => link.precedence === precedence && link.policy !== policy
  )
  if (isTaken) throw invalidAccessRequest(`precedence ${precedence} is taken`)
}
