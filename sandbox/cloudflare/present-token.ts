import type { Token } from 'cloudflare/resources/shared'
import { isoSeconds } from '../clock.ts'
import type { AccountToken, AccountTokens } from './account-tokens.ts'
import { presentCondition } from './token-condition.ts'

/** Formats a token as answers show it, typed by the SDK; never with its value. */
export function presentToken(tokens: AccountTokens, token: AccountToken): Token {
  const times = {
    issued_on: tokens.showsIssue ? token.issuedOn : undefined,
    last_used_on: token.lastUsedOn,
    expires_on: token.expiresOn,
    not_before: token.notBefore
  }
  const shown = Object.entries(times).filter((entry): entry is [string, number] => entry[1] !== undefined)
  return {
    id: token.id,
    name: token.name,
    status: tokens.statusOf(token),
    modified_on: isoSeconds(token.modifiedOn),
    policies: tokens.shufflePolicies(token.policies),
    ...(token.condition === undefined
      ? {}
      : { condition: presentCondition(token.condition, tokens.conditionSpelling) }),
    ...Object.fromEntries(shown.map(([key, time]) => [key, isoSeconds(time)]))
  }
}
