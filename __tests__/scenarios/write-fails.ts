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

export const FAILURES = {
  'breaks before it is applied': { when: 'before', answer: 'drop', tries: TRIES },
  'breaks after it was applied': { when: 'after', answer: 'drop', tries: TRIES },
  'is never answered': { when: 'after', answer: 'hang', tries: TRIES },
  'meets a server error for good': { when: 'before', answer: { status: 502 }, tries: TRIES },
  'is answered with what is no JSON': { when: 'after', answer: 'garbage', tries: TRIES },
  'is forbidden': { when: 'before', answer: { status: 403 }, tries: 2 }
} as const satisfies Record<string, { when: 'before' | 'after'; answer: FaultAnswer; tries: number }>

type Failure = keyof typeof FAILURES

const ALL = Object.keys(FAILURES) as Failure[]

const DESTINATIONS = {
  'the store': ({ account }: World, secret: string) => ({
    method: 'PATCH',
    path: `/secrets/${[...account.store.secrets.values()].find(({ name }) => name === secret)!.id}`
  }),
  GitHub: (_world: World, secret: string) => ({ method: 'PUT', path: `/secrets/${secret}` })
} as const

/** Failures of the write of one slot that are tried at a destination. */
interface FailureCases {
  readonly primary: readonly Failure[]
  readonly secondary: readonly Failure[]
}

/** What the fast tests try; {@link otherFailures} are the others. */
export const fewFailures: Readonly<Record<keyof typeof DESTINATIONS, FailureCases>> = {
  'the store': {
    primary: ['breaks before it is applied', 'is answered with what is no JSON', 'is forbidden'],
    secondary: ['breaks after it was applied']
  },
  GitHub: {
    primary: ['breaks after it was applied', 'is never answered', 'meets a server error for good'],
    secondary: ['is forbidden']
  }
}

export const otherFailures: typeof fewFailures = {
  'the store': others(fewFailures['the store']),
  GitHub: others(fewFailures.GitHub)
}

function others({ primary, secondary }: FailureCases): FailureCases {
  return {
    primary: ALL.filter((failure) => !primary.includes(failure)),
    secondary: ALL.filter((failure) => !secondary.includes(failure))
  }
}

/** Defines the tests of a rotation in which the write of one slot fails. */
export function testFailedWrites(cases: typeof fewFailures): void {
  describe.each(['the store', 'GitHub'] as const)('write to %s', (destination) => {
    const callOf = DESTINATIONS[destination]
    const { primary, secondary } = cases[destination]

    it.each(primary)('undoes a write of PRIMARY that %s at every destination', async (failure) => {
      const { when, answer, tries } = FAILURES[failure]
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
    })

    it.each(secondary)(
      'ends the run before PRIMARY is written when a write of SECONDARY %s',
      async (failure) => {
        const { when, answer } = FAILURES[failure]
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
}
