import type { AccountToken } from './cloudflare/account-tokens.ts'
import type { Application } from './cloudflare/access-applications.ts'
import type { AccessGroup } from './cloudflare/access-groups.ts'
import type { AccessPolicy } from './cloudflare/access-policies.ts'
import type { ServiceToken } from './cloudflare/service-tokens.ts'
import type { Sandbox } from './sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from './seed.ts'

/** Automation that reaches a protected service with a service token, with every id and (fake) value in plain text. */
export interface AccessAutomation {
  readonly account: BootstrapAccount
  /** `CLOUDFLARE_API_TOKEN` of the environment: may write service tokens, policies, groups, KV and D1. */
  readonly apiToken: AccountToken
  /** Service token that was created by hand, and that the first rotation replaces. */
  readonly serviceToken: ServiceToken
  readonly clientId: string
  readonly clientSecret: string
  readonly application: Application
  /** Service Auth policy of this application alone; names the service token in include. */
  readonly appPolicy: AccessPolicy
  /** Reusable Service Auth policy, used by the application too; names the service token in include. */
  readonly reusablePolicy: AccessPolicy
  /** Group that names the service token in include; no policy refers to it. */
  readonly group: AccessGroup
  readonly environment: string
  /** `R2_EXPLORER_BASE_URL` for calls through the sandbox's own fetch; on a port it is `<origin>/service/<slug>`. */
  readonly baseUrl: string
  /** Path of the application on a loopback port. */
  readonly servicePath: string
}

/** Permission groups required to rotate an Access service token with a KV lock. */
export const accessPermissions = [
  'Access: Service Tokens Write',
  'Access: Apps and Policies Write',
  'Access: Organizations, Identity Providers, and Groups Write',
  'Workers KV Storage Write'
] as const

/** Fills the sandbox with a protected service, its rules, and an environment that holds the service token. */
export function seedAccessAutomation(
  sandbox: Sandbox,
  account: BootstrapAccount = seedBootstrapAccount(sandbox)
): AccessAutomation {
  const { tokens, access } = sandbox.cloudflare
  const apiToken = tokens.seed({ name: 'access automation', groups: [...accessPermissions, 'D1 Write'] })
  const serviceToken = access.serviceTokens.create({ name: 'r2-explorer' })
  const clientSecret = serviceToken.secrets.current
  const application = access.applications.add({
    name: 'R2 Explorer',
    slug: 'r2-explorer',
    domain: 'share.example.test'
  })
  const include = [{ service_token: { token_id: serviceToken.id } }]
  const appPolicy = access.applications.addPolicy(application, {
    name: 'R2 Explorer automation',
    decision: 'non_identity',
    include,
    session_duration: '30m'
  })
  const reusablePolicy = access.policies.create(
    { name: 'Automation', decision: 'non_identity', include },
    { reusable: true }
  )
  access.applications.link(application, reusablePolicy)
  const group = access.groups.create({ name: 'Machines', include })

  const environment = 'automation'
  const vault = account.repository.addEnvironment(environment)
  vault.put('R2_EXPLORER_ACCESS_CLIENT_ID', serviceToken.clientId)
  vault.put('R2_EXPLORER_ACCESS_CLIENT_SECRET', clientSecret)
  vault.put('CLOUDFLARE_API_TOKEN', apiToken.value)
  return {
    ...{ account, apiToken, serviceToken, clientId: serviceToken.clientId, clientSecret, application },
    ...{ appPolicy, reusablePolicy, group, environment },
    baseUrl: `https://${application.domain}`,
    servicePath: `/service/${application.slug}`
  }
}
