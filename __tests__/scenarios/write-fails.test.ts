import { expect, it } from '@jest/globals'
import { expectRecovered, expectRolledBack, rotationOf } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { fewFailures, testFailedWrites } from './write-fails.ts'

testFailedWrites(fewFailures)

it('restores nothing where certainly no write happened', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { method: 'PUT', path: /\/secrets\/PRIMARY_/, count: 2 },
    when: 'before',
    answer: { status: 403 }
  })
  const run = await world.run()
  expectRolledBack(world, run)
  const restored = rotationOf(run).destinations.map(({ type, writes }) => [
    type,
    writes.filter(({ purpose }) => purpose === 'restore').length
  ])
  expect(restored).toEqual([
    ['secrets-store', 2],
    ['github-secret', 0]
  ])
})

it('rotates when a write fails once and then succeeds', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { method: 'PUT', path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN' },
    when: 'after',
    answer: 'drop'
  })
  world.sandbox.faults.add({ match: { method: 'PATCH', nth: 3 }, when: 'before', answer: { status: 500 } })
  expectRecovered(world, await world.run())
})
