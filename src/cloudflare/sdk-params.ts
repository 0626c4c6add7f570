import type { TokenCreateParams } from 'cloudflare/resources/accounts/tokens/tokens'
import type { SecretCreateParams } from 'cloudflare/resources/secrets-store/stores/secrets'
import type { PolicyUpdateParams as ApplicationPolicyUpdateParams } from 'cloudflare/resources/zero-trust/access/applications/policies'
import type { GroupUpdateParams } from 'cloudflare/resources/zero-trust/access/groups'
import type { PolicyUpdateParams } from 'cloudflare/resources/zero-trust/access/policies'
import type { RuleSetAnswer } from './answers.ts'
import { writableRules } from './access/rule-body.ts'

// What is sent here was read from Cloudflare before, or stated by the user. The SDK's types name only the values of its release day, and newer ones
// must not get lost: so these bodies are cast, here and nowhere else.

/** The policies of an account token. */
export function toTokenPolicies(policies: readonly object[]): TokenCreateParams['policies'] {
  return [...policies] as TokenCreateParams['policies']
}

/** The services that may read a Secrets Store secret. */
export function toStoreScopes(scopes: readonly string[]): SecretCreateParams.Body['scopes'] {
  return [...scopes] as SecretCreateParams.Body['scopes']
}

/** The update of a reusable policy. */
export function toPolicyUpdate(body: RuleSetAnswer, account_id: string): PolicyUpdateParams {
  return { ...writableRules('policy', body), account_id } as PolicyUpdateParams
}

/** The update of a group. */
export function toGroupUpdate(body: RuleSetAnswer, account_id: string): GroupUpdateParams {
  return { ...writableRules('group', body), account_id } as GroupUpdateParams
}

/** The update of a policy of one application. */
export function toApplicationPolicyUpdate(
  body: RuleSetAnswer,
  path: { readonly account_id: string; readonly app_id: string }
): ApplicationPolicyUpdateParams {
  return { ...writableRules('application-policy', body), ...path }
}
