/** What tells the tokens of an account from those of a user. */
export interface TokenOwner {
  readonly prefix: 'cfat_' | 'cfut_'
  /** Cloudflare's default limit. */
  readonly limit: number
  /** Whether its tokens may have permissions of the user. */
  readonly isUser: boolean
}

export const ACCOUNT_OWNER: TokenOwner = { prefix: 'cfat_', limit: 500, isUser: false }
export const USER_OWNER: TokenOwner = { prefix: 'cfut_', limit: 50, isUser: true }
