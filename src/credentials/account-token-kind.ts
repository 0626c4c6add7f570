import { MAX_ACCOUNT_TOKENS } from '../cloudflare/limits.ts'
import { ACCOUNT_TOKENS } from '../cloudflare/token-routes.ts'
import { createApiTokenKind } from './api-token/api-token-kind.ts'

/** An account API token. */
export const accountTokenKind = createApiTokenKind({
  type: 'account-token',
  routes: ACCOUNT_TOKENS,
  limit: MAX_ACCOUNT_TOKENS,
  permission: { role: 'tokens', permission: 'Account API Tokens Write' }
})
