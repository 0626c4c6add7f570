import type { RateLimit } from '../http/rate-window.ts'

/** Secrets that a repository or an environment may have. */
export const MAX_REPOSITORY_SECRETS = 100

/** Secrets that an organization may have. */
export const MAX_ORGANIZATION_SECRETS = 1_000

/** The largest page that GitHub's lists accept. */
export const PAGE_SIZE = 100

const reads = new Set(['GET', 'HEAD'])
const creations = new Set(['POST', 'PUT', 'PATCH'])
const creates = (method: string): number => (creations.has(method) ? 1 : 0)

/**
 * GitHub's documented limits of one token besides the calls of an hour, which its answers state: 900 points a minute, and 80 requests that create
 * content a minute and 500 an hour. Whether a write of a secret creates content is not documented; it is counted.
 */
export const RATE_LIMITS: readonly RateLimit[] = [
  { units: 900, windowMs: 60_000, costOf: (method) => (reads.has(method) ? 1 : 5), perRotation: 25 },
  { units: 80, windowMs: 60_000, costOf: creates, perRotation: 2 },
  { units: 500, windowMs: 3_600_000, costOf: creates, perRotation: 2 }
]
