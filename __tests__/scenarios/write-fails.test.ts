import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { HOUR } from '../../simulation/times.ts'
import type { World } from '../../simulation/world.ts'
import {
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  failureOf,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

/** How often a call that may be repeated is sent in all, before the run gives it up. */
const TRIES = 4

const FAILURES: readonly (readonly [
  string,
  { when: 'before' | 'after'; answer: FaultAnswer; tries: number }
])[] = [
  ['breaks before it is applied', { when: 'before', answer: 'drop', tries: TRIES }],
  ['breaks after it was applied', { when: 'after', answer: 'drop', tries: TRIES }],
  ['is never answered', { when: 'after', answer: 'hang', tries: TRIES }],
  ['meets a server error for good', { when: 'before', answer: { status: 502 }, tries: TRIES }],
  ['is answered with what is no JSON', { when: 'after', answer: 'garbage', tries: TRIES }],
  ['is forbidden', { when: 'before', answer: { status: 403 }, tries: 2 }]
]

const DESTINATIONS: readonly (readonly [
  string,
  (world: World, secret: string) => { method: string; path: string }
])[] = [
  [
    'the store',
    ({ account }, secret) => ({
      method: 'PATCH',
      path: `/secrets/${[...account.store.secrets.values()].find(({ name }) => name === secret)!.id}`
    })
  ],
  ['GitHub', (_world, secret) => ({ method: 'PUT', path: `/secrets/${secret}` })]
]

describe.each(DESTINATIONS)('write to %s', (destination, callOf) => {
  it.each(FAILURES)(
    'undoes a write of PRIMARY that %s at every destination',
    async (_how, { when, answer, tries }) => {
      const world = await createRotatedScenario()
      const before = slotsNow(world)
      const count = destination === 'GitHub' && tries < TRIES ? 1 : tries
      world.sandbox.faults.add({
        match: { ...callOf(world, 'PRIMARY_SECRET_EDIT_TOKEN'), count },
        when,
        answer
      })
      const run = await world.run()

      expectRolledBack(world, run)
      expectPrimaryUntouched(world, before)
      expect(failureOf(run).message).toContain('PRIMARY_SECRET_EDIT_TOKEN could not be written')
      world.sandbox.faults.clear()
      world.clock.advance(HOUR)
      expectRecovered(world, await world.run())
    }
  )

  it.each(FAILURES)(
    'ends the run before PRIMARY is written when a write of SECONDARY %s',
    async (_how, { when, answer }) => {
      const world = await createRotatedScenario()
      const before = slotsNow(world)
      const secret = callOf(world, 'SECONDARY_TOKEN_CREATION_TOKEN')
      world.sandbox.faults.add({ match: { ...secret, count: Infinity }, when, answer })
      const run = await world.run()

      expectRolledBack(world, run)
      expectPrimaryUntouched(world, before)
      const writes = rotationOf(run).destinations.flatMap((one) => one.writes)
      expect(writes.filter(({ slot }) => slot === 'primary')).toEqual([])
      expect(rotationOf(run).credentials.flatMap(({ revoked }) => revoked)).toEqual([])
      world.sandbox.faults.clear()
      world.clock.advance(HOUR)
      expectRecovered(world, await world.run())
    }
  )
})

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
