import { isAdmitted } from '../../sandbox/protected/admission.ts'
import type { World } from '../../simulation/world.ts'
import { automationOf } from './access-calls.ts'
import type { InvariantWatch } from './invariants.ts'

/** A client id and a client secret. */
export interface Pair {
  readonly clientId: string
  readonly clientSecret: string
}

const SLOTS = ['', 'PRIMARY_', 'SECONDARY_'] as const

/** The pairs that the automation's environment holds now, by slot: one without a prefix where there is a single slot. */
export function pairsOf(world: World): readonly (Pair & { readonly slot: string })[] {
  const { repository } = world.account
  const held = world.sandbox.github.environmentSecrets(repository.fullName, automationOf(world).environment)
  return SLOTS.flatMap((slot) => {
    const clientId = held[`${slot}R2_EXPLORER_ACCESS_CLIENT_ID`]
    const clientSecret = held[`${slot}R2_EXPLORER_ACCESS_CLIENT_SECRET`]
    return clientId === undefined || clientSecret === undefined ? [] : [{ slot, clientId, clientSecret }]
  })
}

/** Whether the edge knows the pair and a policy of the application lets it in. */
export function getsThrough(world: World, { clientId, clientSecret }: Pair): boolean {
  const { access } = world.sandbox.cloudflare
  const verdict = access.serviceTokens.judge(clientId, clientSecret)
  if (!verdict.works) return false
  const caller = { clientId, tokenId: verdict.token.id, ip: access.callerIp }
  return isAdmitted(access, { application: automationOf(world).application, caller, now: world.clock.now() })
}

/** Whether id and secret belong to different tokens: what the design knows as the platform's exception. */
export function isMixed({ sandbox }: World, { clientId, clientSecret }: Pair): boolean {
  const { serviceTokens } = sandbox.cloudflare.access
  return serviceTokens.findBySecret(clientSecret)?.clientId !== clientId
}

/** I1: no slot lets its reader in. A mixed pair of two tokens that are both alive is the known exception while a run is at work. */
export function findLockedOut(
  world: World,
  { mixed }: { mixed: 'allowed' | 'forbidden' }
): readonly string[] {
  const pairs = pairsOf(world)
  if (pairs.some((pair) => getsThrough(world, pair))) return []
  if (mixed === 'allowed' && pairs.some((pair) => isMixed(world, pair))) return []
  return ['I1: no pair of the automation gets through']
}

/** I2: what a slot holds is revoked. */
export function findRevokedPairs(world: World): readonly string[] {
  const { serviceTokens } = world.sandbox.cloudflare.access
  return pairsOf(world).flatMap(({ slot, clientId, clientSecret }) => {
    const tokens = [serviceTokens.findByClientId(clientId), serviceTokens.findBySecret(clientSecret)]
    return tokens.some((token) => token?.deletedAt !== undefined || token?.enabled.current === false)
      ? [`I2: ${slot === '' ? 'the single slot' : slot} holds a token that is revoked`]
      : []
  })
}

/** Checks I1 and I2 of the automation after every single call. */
export function watchAccess(world: World): InvariantWatch {
  const broken: string[] = []
  let given = new Set<string>()
  const breaches = (): readonly string[] => [
    ...findLockedOut(world, { mixed: 'allowed' }),
    ...findRevokedPairs(world)
  ]
  world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'before') return
    const found = breaches()
    given = given.intersection(new Set(found))
    for (const breach of found) {
      if (given.has(breach)) continue
      given.add(breach)
      broken.push(`${breach}, after call ${call.seq}: ${call.method} ${call.path}`)
    }
  })
  return {
    broken,
    begin: () => {
      given = new Set(breaches())
    }
  }
}
