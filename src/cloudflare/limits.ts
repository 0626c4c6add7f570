import type { RateLimit } from '../http/rate-window.ts'

/** Account API tokens that an account may have, by Cloudflare's documentation. Support raises it, so only a creation itself decides. */
export const MAX_ACCOUNT_TOKENS = 500

/** User API tokens that a user may have, by Cloudflare's documentation. */
export const MAX_USER_TOKENS = 50

/** Access service tokens that an account may have, by Cloudflare's documentation. Enterprise plans have more, so only a creation itself decides. */
export const MAX_SERVICE_TOKENS = 50

/** The longest grace that the dashboard offers for a service token's previous secret, in milliseconds; the API's own limit is not documented. */
export const MAX_GRACE_MS = 30 * 24 * 3_600_000

/** The largest page that every list used here accepts. */
export const PAGE_SIZE = 50

/** More pages than any list of an account can have (500 tokens, 100 secrets, some thousand policies). */
export const MAX_PAGES = 200

/** Cloudflare's documented limit for one token: 1,200 calls in 5 minutes; beyond it, every call is blocked for 5 minutes. */
export const RATE_LIMITS: readonly RateLimit[] = [
  // Some are left: a block stops every other program that uses the token too.
  { units: 1_190, windowMs: 300_000, costOf: () => 1, perRotation: 10 }
]
