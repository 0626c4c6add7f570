import { RotationError } from '../../kernel/error.ts'
import type { CloudflareCall } from '../../cloudflare/lists.ts'
import { ACCOUNT_TOKENS } from '../../cloudflare/token-routes.ts'
import { D1_WRITE, KV_WRITE, SERVICE_TOKENS_WRITE, STORE_WRITE, TOKENS_WRITE } from './choices.ts'

const ONE = { page: 1, per_page: 5 }

/** A read that a token with each permission may make. */
const READS: Readonly<Record<string, (call: CloudflareCall) => Promise<unknown>>> = {
  [TOKENS_WRITE]: (call) => call((sdk, id) => ACCOUNT_TOKENS.listPermissionGroups(sdk, id)),
  [KV_WRITE]: (call) => call((sdk, account_id) => sdk.kv.namespaces.list({ account_id, ...ONE })),
  [D1_WRITE]: (call) => call((sdk, account_id) => sdk.d1.database.list({ account_id, ...ONE })),
  [STORE_WRITE]: (call) => call((sdk, account_id) => sdk.secretsStore.stores.list({ account_id, ...ONE })),
  [SERVICE_TOKENS_WRITE]: (call) =>
    call((sdk, account_id) => sdk.zeroTrust.access.serviceTokens.list({ account_id, ...ONE }))
}

/**
 * Finds the permissions that a token lacks by trying to read. One that may only read is found out when it is to write.
 * @throws RotationError `refused` for a value that is not a token
 */
export async function probePermissions(
  call: CloudflareCall,
  permissions: readonly string[]
): Promise<readonly string[]> {
  const lacking = await Promise.all(
    permissions.map(async (permission) => {
      try {
        await READS[permission]?.(call)
        return []
      } catch (thrown) {
        if (thrown instanceof RotationError && ['permission', 'not-found'].includes(thrown.code))
          return [permission]
        throw thrown
      }
    })
  )
  return lacking.flat()
}
