import { BaseAccounts } from 'cloudflare/resources/accounts/accounts'
import { BasePermissionGroups } from 'cloudflare/resources/accounts/tokens/permission-groups'
import { BaseTokens } from 'cloudflare/resources/accounts/tokens/tokens'
import { BaseValue } from 'cloudflare/resources/accounts/tokens/value'
import { BaseDatabase } from 'cloudflare/resources/d1/database/database'
import { BaseEmailSending } from 'cloudflare/resources/email-sending/email-sending'
import { BaseNamespaces } from 'cloudflare/resources/kv/namespaces/namespaces'
import { BaseValues } from 'cloudflare/resources/kv/namespaces/values'
import { BaseDeployments as BasePagesDeployments } from 'cloudflare/resources/pages/projects/deployments/deployments'
import { BaseProjects } from 'cloudflare/resources/pages/projects/projects'
import { BaseQuota } from 'cloudflare/resources/secrets-store/quota'
import { BaseSecrets } from 'cloudflare/resources/secrets-store/stores/secrets'
import { BaseStores } from 'cloudflare/resources/secrets-store/stores/stores'
import { BaseDeployments } from 'cloudflare/resources/workers/scripts/deployments'
import { BaseSecrets as BaseWorkerSecrets } from 'cloudflare/resources/workers/scripts/secrets'
import { BaseVersions } from 'cloudflare/resources/workers/scripts/versions'
import { BaseApplications } from 'cloudflare/resources/zero-trust/access/applications/applications'
import { BasePolicies as BaseApplicationPolicies } from 'cloudflare/resources/zero-trust/access/applications/policies'
import { BaseGroups } from 'cloudflare/resources/zero-trust/access/groups'
import { BasePolicies } from 'cloudflare/resources/zero-trust/access/policies'
import { BaseServiceTokens } from 'cloudflare/resources/zero-trust/access/service-tokens'
import { BasePermissionGroups as BaseUserPermissionGroups } from 'cloudflare/resources/user/tokens/permission-groups'
import { BaseTokens as BaseUserTokens } from 'cloudflare/resources/user/tokens/tokens'
import { createClient } from 'cloudflare/tree-shakable'
import type { Secret } from '../kernel/secret.ts'

const RESOURCES = [
  BaseAccounts,
  BaseTokens,
  BaseValue,
  BasePermissionGroups,
  BaseUserTokens,
  BaseUserPermissionGroups,
  BaseStores,
  BaseSecrets,
  BaseQuota,
  BaseNamespaces,
  BaseValues,
  BaseDatabase,
  BaseServiceTokens,
  BasePolicies,
  BaseApplications,
  BaseApplicationPolicies,
  BaseGroups,
  BaseEmailSending,
  BaseWorkerSecrets,
  BaseVersions,
  BaseDeployments,
  BaseProjects,
  BasePagesDeployments
] as const

/** The official SDK with only the resources that this program calls. */
export type CloudflareSdk = ReturnType<typeof createSdk>

/** What the SDK is built from. */
export interface CloudflareOptions {
  /** API root, without a slash at the end. */
  readonly apiUrl: string
  /** A `fetch` in which every failure is a RotationError. */
  readonly fetch: typeof fetch
}

/** API version of the SDK's release day, which its types describe. Without it the SDK sends today's date. */
const API_VERSION = '2026-10-02'

/** Disables the SDK's own time-out, since the given `fetch` has one on the injected clock. */
const NEVER_MS = 2 ** 31 - 1

/**
 * Builds the SDK for one token. Nothing is read from the environment, nothing is retried (the SDK would also repeat creations) and nothing is
 * logged (its debug log prints bodies).
 */
export function createSdk(token: Secret, options: CloudflareOptions) {
  return createClient({
    resources: RESOURCES,
    apiToken: token.reveal(),
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: options.apiUrl,
    apiVersion: API_VERSION,
    // Where a fetch has no `Response`, the SDK fetches `data:,` to get one before it sends a form.
    fetch: Object.assign((...call: Parameters<typeof fetch>) => options.fetch(...call), { Response }),
    maxRetries: 0,
    timeout: NEVER_MS,
    logLevel: 'off'
  })
}
