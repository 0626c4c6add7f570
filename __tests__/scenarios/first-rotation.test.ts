import { describe, expect, it } from '@jest/globals'
import { expectRotated, rotationOf } from './expectations.ts'
import { createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

describe('first rotation', () => {
  it('fills both slots of an empty store and of GitHub, and keeps the tokens created by hand valid in SECONDARY', async () => {
    const world = createScenario()
    const { tokenCreation, secretEdit } = world.account
    const run = await world.run()

    expectRotated(world, run)
    for (const values of slotsNow(world)) {
      expect(values['SECONDARY_TOKEN_CREATION_TOKEN']).toBe(tokenCreation.value)
      expect(values['SECONDARY_SECRET_EDIT_TOKEN']).toBe(secretEdit.value)
      expect(values['PRIMARY_TOKEN_CREATION_TOKEN']).not.toBe(tokenCreation.value)
      expect(values['PRIMARY_SECRET_EDIT_TOKEN']).not.toBe(secretEdit.value)
    }
    expect(rotationOf(run).credentials.flatMap(({ revoked }) => revoked)).toEqual([])
  })

  it('overwrites secrets that the store already has, with the token that each holds in its comment', async () => {
    const world = createScenario({ withStoredSecrets: true })
    const run = await world.run()

    expectRotated(world, run)
    const { tokens } = world.sandbox.cloudflare
    for (const { value, comment } of world.account.store.secrets.values()) {
      const expires = new Date(tokens.findByValue(value)!.expiresOn!).toISOString().replace('.000Z', 'Z')
      expect(comment).toBe(
        `rotate ${tokens.findByValue(value)!.id} ${expires} run ${run.runId} home 4b147bce`
      )
    }
  })
})
