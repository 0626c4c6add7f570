import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectRotated } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const configuration = configure(BOOTSTRAP, { rotation: { every: '12h' } })

const SECRETS = [
  ['TOKEN_CREATION_TOKEN', 'Account API Tokens Write'],
  ['SECRET_EDIT_TOKEN', 'Secrets Store Write']
] as const

/** A store whose slots a Worker has filled, with tokens and comments of its own. */
function createWorkersScenario(): Scenario {
  const world = createScenario()
  const { tokens, secretsStores } = world.sandbox.cloudflare
  for (const slot of ['PRIMARY', 'SECONDARY']) {
    for (const [name, group] of SECRETS) {
      const { id, value } = tokens.seed({ name: `worker ${slot} ${name}`, groups: [group], ttlMs: 20 * HOUR })
      // They are left to expire.
      world.unrelatedIds.add(id)
      const secret = [...world.account.store.secrets.values()].find((one) => one.name === `${slot}_${name}`)
      if (secret !== undefined) secretsStores.edit(secret, { value })
      else
        secretsStores.create(world.account.store, [{ name: `${slot}_${name}`, value, scopes: ['workers'] }])
    }
  }
  return world
}

function namesInStore(world: Scenario): readonly string[] {
  const { tokens } = world.sandbox.cloudflare
  return Object.entries(slotsNow(world)[0]!)
    .map(([secret, value]) => `${secret}: ${tokens.findByValue(value)!.name}`)
    .sort()
}

describe('store filled by a scheduled Worker', () => {
  it('reports a store that a Worker has filled as healthy before the first rotation', async () => {
    const run = await createWorkersScenario().run({ configuration, command: 'check' })
    expect(run.record.outcome).toBe('healthy')
    const kinds = run.record.findings.map(({ kind }) => kind)
    expect(kinds).toEqual(expect.arrayContaining(['first-rotation', 'unmanaged']))
  })

  it('adopts the names of a store that a Worker has filled, with tokens that work in both slots', async () => {
    const world = createWorkersScenario()
    const before = slotsNow(world)[0]!
    expectRotated(world, await world.run({ configuration }))
    expect(namesInStore(world)).toEqual([
      expect.stringMatching(/^PRIMARY_SECRET_EDIT_TOKEN: rotate\/4b147bce\/bootstrap\/secret-edit\//),
      expect.stringMatching(/^PRIMARY_TOKEN_CREATION_TOKEN: rotate\/4b147bce\/bootstrap\/token-creation\//),
      'SECONDARY_SECRET_EDIT_TOKEN: secret edit (made by hand)',
      'SECONDARY_TOKEN_CREATION_TOKEN: token creation (made by hand)'
    ])
    for (const value of Object.values(before)) expect(world.sandbox.cloudflare.tokens.works(value)).toBe(true)
  })

  it('leaves the tokens of the Worker to expire', async () => {
    const world = createWorkersScenario()
    const before = Object.values(slotsNow(world)[0]!)
    for (let run = 0; run < 2; run++) {
      await world.run({ configuration, force: true })
      world.clock.advance(HOUR)
    }
    expect(before.every((value) => world.sandbox.cloudflare.tokens.works(value))).toBe(true)
  })
})
