import * as v from 'valibot'
import { described, duration } from '../kernel/fields.ts'

/** One call may take 20 seconds and be tried again, which a lease has to outlast; in milliseconds. */
const MIN_LEASE_MS = 60_000
/** No run takes longer, and after a run that crashed no other can begin before the lease ends; in milliseconds. */
const MAX_LEASE_MS = 86_400_000

/** The field `ttl` of a lock; its output is milliseconds. @param whyNotShorter the reason for the minimum */
export function leaseTime(description: string, whyNotShorter = 'a single call may take a third of that') {
  return described(
    v.pipe(
      v.optional(duration, '5m'),
      v.check((ms) => ms >= MIN_LEASE_MS, `must be at least 60s: ${whyNotShorter}`),
      v.check((ms) => ms <= MAX_LEASE_MS, 'must be at most 24h')
    ),
    description
  )
}
