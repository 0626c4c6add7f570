import {
  serviceTokenSchema,
  storeSecretSchema,
  tokenSchema,
  type ServiceTokenAnswer,
  type StoreSecret,
  type TokenAnswer
} from './answers.ts'
import type { CloudflareSdk } from './client.ts'
import { PAGE_SIZE } from './limits.ts'
import { parseEntries, readAllPages } from './pages.ts'
import type { TokenRoutes } from './token-routes.ts'

/** Makes a call with the token of the caller's choice. */
export type CloudflareCall = <T>(
  request: (sdk: CloudflareSdk, accountId: string) => PromiseLike<T>
) => Promise<T>

/** Reads every API token of an owner, including recently expired ones. */
export async function listTokens(
  caller: CloudflareCall,
  routes: TokenRoutes
): Promise<readonly TokenAnswer[]> {
  const items = await readAllPages(routes.label, (page) =>
    caller((sdk, accountId) =>
      routes.list(sdk, accountId, { page, per_page: PAGE_SIZE, include_expired: true })
    )
  )
  return parseEntries(tokenSchema, items, 'listing the API tokens')
}

/** Reads every secret of a store, over all pages; names and comments, never values. */
export async function listStoreSecrets(
  caller: CloudflareCall,
  storeId: string
): Promise<readonly StoreSecret[]> {
  const items = await readAllPages('the secrets of a store', (page) =>
    caller((sdk, account_id) =>
      sdk.secretsStore.stores.secrets.list(storeId, { account_id, page, per_page: PAGE_SIZE })
    )
  )
  return parseEntries(storeSecretSchema, items, 'listing the secrets of a store').filter(
    ({ status }) => status !== 'deleted'
  )
}

/** Reads every Access service token, over all pages; never its secret. */
export async function listServiceTokens(caller: CloudflareCall): Promise<readonly ServiceTokenAnswer[]> {
  const items = await readAllPages('Access service tokens', (page) =>
    caller((sdk, account_id) =>
      sdk.zeroTrust.access.serviceTokens.list({ account_id, page, per_page: PAGE_SIZE })
    )
  )
  return parseEntries(serviceTokenSchema, items, 'listing the service tokens')
}
