import type { CloudflareAccount } from '../cloudflare/account.ts'
import { listStoreSecrets, listTokens, type Caller } from '../cloudflare/lists.ts'
import { allOrFirstError } from '../rotation/all.ts'
import type { Clock } from '../rotation/clock.ts'
import { RotationError } from '../rotation/error.ts'
import type { FieldValues, Probe, ProbeEvidence } from '../rotation/ports.ts'
import { pollUntil } from '../rotation/retry.ts'

/** What a `can` check is made from. */
export interface CanOptions {
  readonly can: 'tokens' | 'secrets'
  readonly account: CloudflareAccount
  /** The stores of the rotation's destinations, for `can: secrets`. */
  readonly storeIds: readonly string[]
  readonly clock: Clock
  readonly random: () => number
}

/** How long a new token may be refused before the check fails; Cloudflare gives no bound. */
const ACTIVATION_MS = 60_000

/** A check that a new API token may do what it is for, made with the token itself. */
export function createCanProbe(options: CanOptions): Probe {
  const label = `can: ${options.can}`
  return { label, run: (values) => runProbe(label, options, values) }
}

async function runProbe(label: string, options: CanOptions, values: FieldValues): Promise<ProbeEvidence> {
  const token = values['value']
  if (token === undefined) throw new TypeError('`can` needs the field "value"')
  const caller: Caller = (request) => options.account.callAs(token, request)
  let refusal: RotationError | undefined
  const detail = await pollUntil({
    clock: options.clock,
    random: options.random,
    firstDelayMs: 500,
    maxDelayMs: 5_000,
    withinMs: ACTIVATION_MS,
    attempt: async () => {
      try {
        return await check(options, caller)
      } catch (thrown) {
        if (!(thrown instanceof RotationError) || thrown.code === 'cancelled') throw thrown
        refusal = thrown
        // A token that is not known yet may be in a moment; one that lacks a permission will not gain it.
        return thrown.code === 'refused' ? undefined : ''
      }
    }
  })
  if (detail !== undefined && detail !== '') return { label, passed: true, detail }
  return {
    label,
    passed: false,
    detail: refusal?.message ?? 'it was refused',
    hint: 'Give the token the permission that it is for, in `permissions` or in the token that it inherits from.'
  }
}

async function check({ can, storeIds }: CanOptions, caller: Caller): Promise<string> {
  if (can === 'tokens') return `It listed ${(await listTokens(caller)).length} API tokens.`
  const lists = await allOrFirstError(storeIds.map((storeId) => listStoreSecrets(caller, storeId)))
  return `It listed ${lists.reduce((sum, list) => sum + list.length, 0)} secrets.`
}
