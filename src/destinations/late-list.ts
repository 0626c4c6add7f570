import type { Confirmation, WriteOutcome } from '../rotation/model/destination.ts'

/** How long a list may be behind a write that was accepted, in milliseconds; neither GitHub nor Cloudflare gives a bound. */
export const LATE_LIST_MS = 12_000

/** Tells whether a write that may have been applied is not in the list, which may only be late. */
export function isLate({ effect }: WriteOutcome, { state }: Confirmation): boolean {
  return state === 'absent' && effect !== 'not-applied'
}
