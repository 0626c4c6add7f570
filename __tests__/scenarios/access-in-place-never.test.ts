import { expect, it } from '@jest/globals'
import { IN_PLACE, revoking } from '../../simulation/configurations.ts'
import type { World } from '../../simulation/world.ts'
import { credentialOf, primaryPair } from './access-expectations.ts'
import { createDueScenario } from './access-scenario.ts'

const inPlace = { configuration: IN_PLACE }

function secretWorks(
  { sandbox }: World,
  { clientId, clientSecret }: { clientId: string; clientSecret: string }
) {
  return sandbox.cloudflare.access.serviceTokens.works(clientId, clientSecret)
}

it('leaves the previous secret alone with `revoke.after: never`, and says so', async () => {
  const world = await createDueScenario(inPlace)
  const before = primaryPair(world)
  const run = await world.run({ configuration: revoking({ after: 'never' }, IN_PLACE) })
  expect(run.record.outcome).toBe('rotated')
  expect(secretWorks(world, before)).toBe(true)
  expect(credentialOf(run)).toMatchObject({
    revoked: [],
    kept: [{ reason: expect.stringContaining('never') as unknown }]
  })
})
