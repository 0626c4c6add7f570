import { MAX_USER_TOKENS } from '../cloudflare/limits.ts'
import { USER_TOKENS } from '../cloudflare/token-routes.ts'
import { createApiTokenKind } from './api-token/api-token-kind.ts'

/** An API token of the user whose token `auth.tokens` is. */
export const userTokenKind = createApiTokenKind({
  type: 'user-token',
  routes: USER_TOKENS,
  limit: MAX_USER_TOKENS,
  permission: { role: 'tokens', permission: 'API Tokens Write', onlyUsers: true }
})
