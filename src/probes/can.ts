import type { CloudflareAccount } from '../cloudflare/account.ts'
import { API_CODES } from '../cloudflare/errors/error-codes.ts'
import { listStoreSecrets, listTokens, type CloudflareCall } from '../cloudflare/lists.ts'
import type { TokenRoutes } from '../cloudflare/token-routes.ts'
import { allOrFirstError } from '../kernel/settle.ts'
import { RotationError } from '../kernel/error.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { FieldValues, Probe, ProbeEvidence } from '../rotation/model/ports.ts'

/** What {@link createCanProbe} is built from. */
export interface CanOptions {
  readonly can: 'tokens' | 'secrets'
  readonly account: CloudflareAccount
  /** The routes of the tokens to list, for `can: tokens`. */
  readonly routes: TokenRoutes
  /** The stores of the rotation's destinations, for `can: secrets`. */
  readonly storeIds: readonly string[]
}

/** Probe that uses an API token to check its permission. */
export function createCanProbe(options: CanOptions): Probe {
  const label = `can: ${options.can}`
  return { label, kind: 'check', readsOnly: true, run: (values) => runProbe(label, options, values) }
}

async function runProbe(label: string, options: CanOptions, values: FieldValues): Promise<ProbeEvidence> {
  const token = values['value']
  if (token === undefined) throw new TypeError('`can` needs the field "value"')
  try {
    return {
      label,
      verdict: 'passed',
      detail: await check(options, (request) => options.account.callAs(token, request))
    }
  } catch (thrown) {
    if (!(thrown instanceof RotationError) || thrown.code === 'cancelled') throw thrown
    const hint =
      'Give the token the permission that it is for, in `permissions` or in the token that it inherits from.'
    const detail = thrown.message
    if (thrown.code === 'refused') return { label, verdict: 'unauthenticated', detail, hint }
    if (thrown.code === 'permission')
      return {
        ...{ label, verdict: 'forbidden', detail, hint },
        final: thrown.call?.apiCode === API_CODES.lacksPermission
      }
    return {
      label,
      verdict: 'inconclusive',
      detail,
      ...withoutUndefined({ hint: thrown.hint })
    }
  }
}

async function check({ can, routes, storeIds }: CanOptions, caller: CloudflareCall): Promise<string> {
  if (can === 'tokens') return `It listed ${(await listTokens(caller, routes)).length} API tokens.`
  const lists = await allOrFirstError(storeIds.map((storeId) => listStoreSecrets(caller, storeId)))
  return `It listed ${lists.reduce((sum, list) => sum + list.length, 0)} secrets.`
}
