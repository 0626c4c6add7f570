import { expect, it } from '@jest/globals'
import { automationOf } from './access-calls.ts'
import { credentialOf, expectReplaced, primaryPair, rulesNow, tokenOf } from './access-expectations.ts'
import { createAccessStory } from './access-story.ts'

it('a new pair takes the place of the old one', async () => {
  const world = createAccessStory()
  const { serviceToken: old } = automationOf(world)
  const before = rulesNow(world)
  const run = await world.run()
  console.log(run.log.join('\n'), JSON.stringify(run.record, null, 1))
  console.log(world.sandbox.transcript.calls.map((c) => `${c.method} ${c.path} ${c.status}`).join('\n'))
  expectReplaced(world, run)
  const fresh = tokenOf(world, primaryPair(world))
  expect(rulesNow(world)).toBe(before.replaceAll(old.id, fresh.id))
  expect(credentialOf(run)).toMatchObject({ old: { clientId: old.clientId }, new: { clientId: fresh.clientId } })
})
