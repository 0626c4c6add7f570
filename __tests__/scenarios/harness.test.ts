import { describe, expect, it } from '@jest/globals'
import { expectAsBefore, expectClean, expectConsumersSafe, expectSlotsWork } from './expectations.ts'
import { accessService, accessTwoSlots, bootstrapPair, createRotatedScenario } from './scenario.ts'
import { aliveTokens, managedTokens, primaryPair, slotsNow, snapshot, tokenOf } from './state.ts'

describe('expectations of a scenario', () => {
  it.each([
    ['bootstrapPair', bootstrapPair],
    ['accessService', accessService],
    ['accessTwoSlots', accessTwoSlots]
  ])('accepts the state after a rotation of %s', async (_name, preset) => {
    const world = await createRotatedScenario(preset)
    expectSlotsWork(world)
    expectConsumersSafe(world)
    expectClean(world)
    expectAsBefore(world, snapshot(world))
  })

  it('rejects a pair of account tokens with a deleted token, an orphan or a foreign secret', async () => {
    const world = await createRotatedScenario()
    const { tokens } = world.sandbox.cloudflare
    const before = snapshot(world)
    const orphan = tokens.seed({ name: 'rotate/4b147bce/bootstrap/secret-edit/orphan', groups: [] })
    expect(() => expectClean(world)).toThrow('orphan')
    expect(() => expectAsBefore(world, before)).toThrow()
    tokens.delete(orphan.id)
    expectAsBefore(world, before)

    const secrets = world.account.repository.environment(world.account.environment)
    secrets.put('FOREIGN', 'value')
    expect(() => expectSlotsWork(world)).toThrow('FOREIGN')
    secrets.delete('FOREIGN')

    const held = slotsNow(world)[0]!
    tokens.delete(tokens.findByValue(held['PRIMARY_SECRET_EDIT_TOKEN']!)!.id)
    expectConsumersSafe(world)
    expect(() => expectSlotsWork(world)).toThrow('primary of secret-edit at secrets-store')
    tokens.delete(tokens.findByValue(held['SECONDARY_SECRET_EDIT_TOKEN']!)!.id)
    expect(() => expectConsumersSafe(world)).toThrow('secret-edit at github-secret')
    expect(managedTokens(world)).toHaveLength(2)
  })

  it('rejects an Access pair that is disabled or mixed', async () => {
    const world = await createRotatedScenario(accessService)
    const { serviceTokens } = world.sandbox.cloudflare.access
    const token = tokenOf(world, primaryPair(world))
    expect(aliveTokens(world)).toEqual([token])
    const secrets = world.account.repository.environment('automation')
    const { clientId } = primaryPair(world)
    secrets.put('R2_EXPLORER_ACCESS_CLIENT_ID', serviceTokens.create({ name: 'other' }).clientId)
    expect(() => expectConsumersSafe(world)).toThrow('r2-explorer at github-secret')
    secrets.put('R2_EXPLORER_ACCESS_CLIENT_ID', clientId)
    expectConsumersSafe(world)
    serviceTokens.update(token, { enabled: false })
    expect(() => expectSlotsWork(world)).toThrow('primary of r2-explorer at github-secret')
  })

  it('fails a run that finds both slots of a credential revoked afterwards', async () => {
    const world = await createRotatedScenario()
    const { tokens } = world.sandbox.cloudflare
    const stop = world.sandbox.onCall(({ phase }) => {
      if (phase !== 'after') return
      stop()
      for (const { id } of managedTokens(world)) tokens.delete(id)
    })
    await expect(world.run()).rejects.toThrow('I1: nothing works for')
  })
})
