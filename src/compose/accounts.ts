import { CloudflareAccount, type AccountOptions, type AuthCandidate } from '../cloudflare/account.ts'
import type { Configuration } from '../config/configuration.ts'
import type { AuthRole } from '../kernel/kinds.ts'
import type { Secret } from '../kernel/secret.ts'

/** Options of {@link Accounts}. */
export interface AccountsOptions extends Pick<
  AccountOptions,
  'accountId' | 'apiUrl' | 'fetch' | 'onFallback'
> {
  readonly auth: Configuration['auth']
  readonly valuesOf: (name: string) => readonly Secret[]
}

/** The account as each role of `auth` sees it. */
export class Accounts {
  readonly #options: AccountsOptions
  readonly #byRole = new Map<AuthRole, CloudflareAccount>()

  constructor(options: AccountsOptions) {
    this.#options = options
  }

  /** The account with the tokens of a role; the same one each time. */
  of(role: AuthRole): CloudflareAccount {
    let account = this.#byRole.get(role)
    if (account === undefined) {
      account = new CloudflareAccount({ ...this.#options, role, candidates: () => this.candidatesOf(role) })
      this.#byRole.set(role, account)
    }
    return account
  }

  /** The tokens of a role with the names of their variables, in the order in which they are tried. */
  candidatesOf(role: AuthRole): readonly AuthCandidate[] {
    const { auth, valuesOf } = this.#options
    return [auth[role]].flat().flatMap((name) => valuesOf(name).map((token) => ({ name, token })))
  }
}
