import type { TokenCreateParams } from 'cloudflare/resources/accounts/tokens/tokens'
import type { CloudflareSdk } from './client.ts'
import type { Page } from './pages.ts'

/** Body of a creation or an update of an API token. */
export interface TokenBody {
  readonly name: string
  readonly policies: TokenCreateParams['policies']
  readonly condition?: Readonly<Record<string, unknown>>
  readonly expires_on?: string
  readonly not_before?: string
}

/** Query of a list of API tokens. */
interface TokenQuery {
  readonly page: number
  readonly per_page: number
  readonly include_expired: boolean
}

/** Cloudflare's API for the API tokens of one kind of owner: an account, or the user of the calling token. */
export interface TokenRoutes {
  readonly owner: 'account' | 'user'
  /** How messages name the tokens. */
  readonly label: string
  list(sdk: CloudflareSdk, account_id: string, query: TokenQuery): PromiseLike<Page>
  read(sdk: CloudflareSdk, account_id: string, id: string): PromiseLike<unknown>
  create(sdk: CloudflareSdk, account_id: string, body: TokenBody): PromiseLike<unknown>
  update(
    sdk: CloudflareSdk,
    account_id: string,
    id: string,
    body: TokenBody & { readonly status?: 'active' | 'disabled' }
  ): PromiseLike<unknown>
  delete(sdk: CloudflareSdk, account_id: string, id: string): PromiseLike<unknown>
  /** Asks the calling token about itself. */
  verify(sdk: CloudflareSdk, account_id: string): PromiseLike<unknown>
  listPermissionGroups(sdk: CloudflareSdk, account_id: string): PromiseLike<Page>
}

/** The routes of each kind of owner. */
export function routesOf(owner: TokenRoutes['owner']): TokenRoutes {
  return owner === 'user' ? USER_TOKENS : ACCOUNT_TOKENS
}

/** `/accounts/{account_id}/tokens` */
export const ACCOUNT_TOKENS: TokenRoutes = {
  owner: 'account',
  label: 'account API tokens',
  list: ({ accounts }, account_id, query) => accounts.tokens.list({ account_id, ...query }),
  read: ({ accounts }, account_id, id) => accounts.tokens.get(id, { account_id }),
  create: ({ accounts }, account_id, body) => accounts.tokens.create({ account_id, ...body }),
  update: ({ accounts }, account_id, id, body) => accounts.tokens.update(id, { account_id, ...body }),
  delete: ({ accounts }, account_id, id) => accounts.tokens.delete(id, { account_id }),
  verify: ({ accounts }, account_id) => accounts.tokens.verify({ account_id }),
  listPermissionGroups: ({ accounts }, account_id) => accounts.tokens.permissionGroups.list({ account_id })
}

/** `/user/tokens`, which an account token cannot call: Cloudflare answers it with 401/1000. */
export const USER_TOKENS: TokenRoutes = {
  owner: 'user',
  label: 'user API tokens',
  list: ({ user }, _account, query) => user.tokens.list(query),
  read: ({ user }, _account, id) => user.tokens.get(id),
  create: ({ user }, _account, body) => user.tokens.create(body),
  update: ({ user }, _account, id, body) => user.tokens.update(id, body),
  delete: ({ user }, _account, id) => user.tokens.delete(id),
  verify: ({ user }) => user.tokens.verify(),
  listPermissionGroups: ({ user }) => user.tokens.permissionGroups.list()
}
