import { describe, expect, it } from '@jest/globals'
import { HOUR } from '../../simulation/times.ts'
import { accessPermissions } from '../../sandbox/seed-access.ts'
import { automationOf } from '../../simulation/world.ts'
import { read } from '../contract/repository.ts'
import { createScenario } from './scenario.ts'

const configuration = read('examples/short-lived/rotation.yml')

/** The account in which every token that the example reads was made by hand and never expires. */
function createAccount() {
  const world = createScenario({ access: true, configuration })
  const { account, sandbox } = world
  const { tokens } = sandbox.cloudflare
  const { clientId, clientSecret } = automationOf(world)
  const vault = account.repository.environment(account.environment)
  const byHand = {
    PRIMARY_ACCESS_EDIT_TOKEN: tokens.seed({ name: 'Access, by hand', groups: accessPermissions }),
    PRIMARY_LOCK_TOKEN: tokens.seed({ name: 'lock, by hand', groups: ['Workers KV Storage Write'] })
  }
  for (const [name, { value }] of Object.entries(byHand)) vault.put(name, value)
  vault.put('R2_EXPLORER_ACCESS_CLIENT_ID', clientId)
  vault.put('R2_EXPLORER_ACCESS_CLIENT_SECRET', clientSecret)
  account.run.status = 'completed'
  return { world, byHand, vault }
}

describe('the example that leaves no long-lived credential', () => {
  it('replaces every token that its runs use, the one of the lock included, by tokens that live for two days', async () => {
    const { world, byHand, vault } = createAccount()
    const { tokens } = world.sandbox.cloudflare
    const run = async () => {
      const env = Object.entries(world.environment()).filter(([name]) => name !== 'CLOUDFLARE_API_TOKEN')
      const done = await world.run({ env: Object.fromEntries(env) })
      world.clock.advance(8 * HOUR)
      return done
    }
    const first = await run()
    expect(first.record.outcome).toBe('rotated')
    expect(first.record.rotations.map(({ outcome }) => outcome)).toEqual(['rotated', 'rotated'])
    expect(tokens.works(byHand.PRIMARY_LOCK_TOKEN.value)).toBe(true)
    expect((await run()).record.outcome).toBe('rotated')
    for (const { value } of Object.values(byHand)) expect(tokens.works(value)).toBe(false)

    const names = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN', 'ACCESS_EDIT_TOKEN', 'LOCK_TOKEN']
    for (const name of names.flatMap((one) => [`PRIMARY_${one}`, `SECONDARY_${one}`])) {
      const token = tokens.findByValue(vault.find(name)?.value ?? '')
      expect({ name, lives: (token?.expiresOn ?? Infinity) - world.clock.now() < 48 * HOUR }).toEqual({
        name,
        lives: true
      })
    }
  })
})
