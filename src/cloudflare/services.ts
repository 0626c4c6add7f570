import type { AuthRole } from '../kernel/kinds.ts'
import type { CloudflareAccount } from './account.ts'
import type { ServiceTokenAnswer, StoreSecret, TokenAnswer } from './answers.ts'
import { listServiceTokens, listStoreSecrets, listTokens, type CloudflareCall } from './lists.ts'
import type { TokenRoutes } from './token-routes.ts'

/** Services of the run for drivers that call Cloudflare. */
export interface CloudflareServices {
  /** The account with the tokens of a role of `auth`; the same one each time. */
  readonly account: (role: AuthRole) => CloudflareAccount
  /** Reads once what several rotations ask for. */
  readonly readOnce: <T>(key: string, read: () => Promise<T>) => Promise<T>
}

/** A call with the tokens of a role. */
export function callWith(services: CloudflareServices, role: AuthRole): CloudflareCall {
  const account = services.account(role)
  return (request) => account.call(request)
}

/** Every API token of an owner, read once a run. */
export function readTokens(
  services: CloudflareServices,
  routes: TokenRoutes
): Promise<readonly TokenAnswer[]> {
  return services.readOnce(routes.label, () => listTokens(callWith(services, 'tokens'), routes))
}

/** Every Access service token, read once a run. */
export function readServiceTokens(services: CloudflareServices): Promise<readonly ServiceTokenAnswer[]> {
  return services.readOnce('service tokens', () => listServiceTokens(callWith(services, 'access')))
}

/** Every secret of a store, read once a run. */
export function readStoreSecrets(
  services: CloudflareServices,
  storeId: string
): Promise<readonly StoreSecret[]> {
  return services.readOnce(`store ${storeId}`, () => listStoreSecrets(callWith(services, 'secrets'), storeId))
}
