import type { ErrorCode } from '../../kernel/error.ts'

/** Causes in the few words that a title has room for. Each code has a section of the same name in `docs/runbook.md`. */
const CAUSES: Readonly<Record<ErrorCode, string>> = {
  'bad-input': 'a value cannot be used',
  'bad-configuration': 'the configuration cannot be used',
  'missing-value': 'a value is missing',
  permission: 'a token lacks a permission',
  'not-found': 'something does not exist',
  refused: 'a token was refused',
  'rate-limited': 'too many requests',
  'limit-reached': 'a limit of the account is reached',
  'access-policy': 'an Access policy prevents it',
  'locked-out': 'the lock is held while a credential is about to expire',
  unreachable: 'an API could not be reached',
  'bad-answer': 'an API had trouble',
  intercepted: 'something between the runner and an API answers instead',
  'command-failed': 'a command of a destination failed',
  'not-verified': 'a credential could not be verified',
  'not-confirmed': 'a write could not be confirmed',
  'probe-failed': 'a probe failed',
  'rollout-failed': 'a rollout gate did not pass',
  'lease-lost': 'the lock was lost',
  'not-contained': 'an exposure is not contained',
  'no-fallback': 'there is nothing to roll back to',
  clock: 'the clock of the runner is wrong',
  cancelled: 'the run was cancelled',
  alert: 'the alert could not be raised',
  internal: 'a defect of rotate-action'
}

/** Finds the cause for a code; undefined for a code of another version. */
export function findCause(code: string): string | undefined {
  return new Map<string, string>(Object.entries(CAUSES)).get(code)
}
