import { isPairAdmitted } from '../../simulation/slots.ts'
import type { World } from '../../simulation/world.ts'
import { automationOf } from '../../simulation/world.ts'

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
export function isAccepted(world: World, { clientId, clientSecret }: Pair): boolean {
  return isPairAdmitted(world, clientId, clientSecret)
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
  if (pairs.some((pair) => isAccepted(world, pair))) return []
  if (mixed === 'allowed' && pairs.some((pair) => isMixed(world, pair))) return []
  return ['I1: no pair of the automation gets through']
}
