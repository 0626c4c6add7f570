import { ACCESS, type World } from './world.ts'
import { R2_KEY } from '../sandbox/configurations.ts'
import { configure, SINGLE_TOKEN, type Keys } from './configurations.ts'

/** Stands for the id of the credential to adopt, which differs from world to world. */
export const TO_ADOPT = 'ad0b'.repeat(8)

const ADOPTS = { current: 'unknown', adopt: TO_ADOPT } as const
const EVERY = { rotation: { every: '30m' }, top: { auth: { secrets: 'STORE_TOKEN' } } } as const

/** One account token in a single slot, whose value no run is given; the one that was created by hand is adopted. */
export const UNKNOWN = configure(SINGLE_TOKEN, { ...EVERY, credential: ADOPTS })

/** The same without a token to adopt. */
export const UNKNOWN_FROM_NOTHING = configure(SINGLE_TOKEN, {
  ...EVERY,
  credential: { current: 'unknown', permissions: [{ groups: ['Secrets Store Write'] }] }
})

/** An R2 key that no run is given. */
export const UNKNOWN_R2 = configure(R2_KEY, { credential: ADOPTS })

/** An Access pair that no run is given. */
export const UNKNOWN_ACCESS = configure(ACCESS, { credential: ADOPTS })

/** The same token at more destinations. */
export function unknownAlsoAt(...after: readonly Keys[]): string {
  return configure(UNKNOWN, {
    top: { auth: { secrets: 'STORE_TOKEN', workers: 'WORKERS_TOKEN' } },
    moreDestinations: { after }
  })
}

/** The configuration of a world, with the id of the credential that was created by hand. */
export function withAdopted(configuration: string, { automation, account, sandbox }: World): string {
  if (!configuration.includes(TO_ADOPT)) return configuration
  const key = sandbox.cloudflare.tokens.all.find(({ name }) => name.startsWith('r2 files'))
  const id = (automation?.serviceToken ?? key ?? account.secretEdit).id
  return configuration.replaceAll(TO_ADOPT, id)
}

/** Adds the token that writes the Secrets Store: the one that is rotated is unknown to the run. */
export function addStoreToken({ sandbox, account }: World): void {
  const token = sandbox.cloudflare.tokens.seed({ name: 'store', groups: ['Secrets Store Write'] })
  account.repository.environment(account.environment).put('STORE_TOKEN', token.value)
}

/** The same, where no rotation ends the token that was created by hand. */
export function leaveByHand(world: World): void {
  addStoreToken(world)
  world.unrelatedIds.add(world.account.secretEdit.id)
}
