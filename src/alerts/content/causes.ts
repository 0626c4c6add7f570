import type { ErrorCode } from '../../kernel/error.ts'

/** What went wrong, in the few words that a title has room for. Each has a section of the same name as its code in `docs/runbook.md`. */
const CAUSES: Readonly<Record<ErrorCode, string>> = {
  'bad-input': 'a value can not be used',
  'bad-configuration': 'the configuration can not be used',
  'missing-value': 'a value is missing',
  permission: 'a token lacks a permission',
  'not-found': 'something does not exist',
  refused: 'a token was refused',
  'rate-limited': 'too many requests',
  'limit-reached': 'a limit of the account is reached',
  'access-policy': 'an Access policy stands in the way',
  'locked-out': 'the lock is held while a credential is about to expire',
  unreachable: 'an API could not be reached',
  'bad-answer': 'an API had trouble',
  intercepted: 'something stands between the runner and an API',
  'not-verified': 'a credential could not be proven',
  'not-confirmed': 'a write could not be confirmed',
  'probe-failed': 'a probe failed',
  'lease-lost': 'the lock was lost',
  'not-contained': 'an exposure is not contained',
  'no-fallback': 'there is nothing to roll back to',
  clock: 'the clock of the runner is wrong',
  cancelled: 'the run was cancelled',
  alert: 'the alert could not be raised',
  internal: 'a defect of rotate-action'
}

/** The cause for a code; undefined for a code of another version. */
export function findCause(code: string): string | undefined {
  return new Map<string, string>(Object.entries(CAUSES)).get(code)
}
