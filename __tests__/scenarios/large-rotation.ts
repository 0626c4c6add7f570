import { expect } from '@jest/globals'
import { Episode } from '../../simulation/episode.ts'
import { findException } from '../../simulation/exceptions.ts'
import { recover } from '../../simulation/exhaustive.ts'
import { positionsOf, type Position } from '../../simulation/fault-kinds.ts'
import { describeViolation } from '../../simulation/invariants.ts'
import type { Kind } from '../../simulation/kinds.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { aliveObjects, slotsNow, slotStates, snapshot, type Configured, type Snapshot } from './state.ts'

/** Something that goes wrong in one run. */
export interface Trouble {
  /** Name in failures, such as `17 PUT /repos/… refused`. */
  readonly label: string
  readonly prepare: (world: Configured) => void
  readonly remove: (world: Configured) => void
}

/** What a run with trouble came to; `promoted` is a rotation that is not confirmed. */
export type Course = 'rotated' | 'promoted' | 'as before' | 'unresolved'

/** Lists the calls of a run of a kind in which nothing goes wrong. */
export async function callsOf(kind: Kind): Promise<readonly Position[]> {
  const episode = new Episode(kind, 1)
  await episode.begin()
  const { calls, result } = await episode.run({ label: 'whole' })
  expect(result?.record.outcome).toBe('rotated')
  episode.end()
  return positionsOf(calls)
}

/**
 * Runs a kind once with trouble and then without, with every invariant checked after every call and every run.
 * @returns what the run came to, and what is not as it must be
 */
export async function runWith(
  kind: Kind,
  { label, prepare, remove }: Trouble
): Promise<{ readonly course: Course; readonly broken: readonly string[] }> {
  const episode = new Episode(kind, 1)
  await episode.begin()
  const world = { ...episode.world, configuration: kind.configuration }
  const before = snapshot(world)
  prepare(world)
  const { result } = await episode.run({ label: 'with trouble' })
  remove(world)
  if (result === undefined) throw new Error(`${label}: the run was killed`)
  const course = courseOf(world, result, before)
  const broken = findBroken(world, { course, run: result, before })
  await recover(episode, 2)
  episode.end()
  const violations = episode.violations.filter(
    (violation) =>
      findException({ kind: kind.name }, violation) === undefined || isMixedElsewhere(violation.what)
  )
  return {
    course,
    broken: [...broken, ...violations.map(describeViolation)].map((what) => `${label}: ${what}`)
  }
}

/** Only GitHub takes the two halves of a key one after the other: a Worker and a command get them at once. */
function isMixedElsewhere(what: string): boolean {
  return !what.includes('github-secret')
}

/** The rotation went through where every place holds one token that is new, also where the run could not confirm it. */
function courseOf(world: Configured, run: WorldRun, { alive }: Snapshot): Course {
  const [id, ...others] = new Set(slotStates(world).flatMap(({ ids }) => ids))
  const isNew = others.length === 0 && !alive.some((one) => one.id === id)
  if (run.record.outcome === 'rotated') return 'rotated'
  if (isNew && describeLeft(run).includes('The new credentials were written')) return 'promoted'
  return run.record.rotations.every(({ left }) => left.length === 0) ? 'as before' : 'unresolved'
}

function findBroken(
  world: Configured,
  { course, run, before }: { readonly course: Course; readonly run: WorldRun; readonly before: Snapshot }
): readonly string[] {
  const states = slotStates(world)
  const held = new Set(states.flatMap(({ ids }) => ids))
  // Where GitHub takes neither the second half nor the first one back, the halves stay mixed, and the record names both.
  const isNamed = ({ mixed, label }: (typeof states)[number]): boolean =>
    course === 'unresolved' && mixed && label.includes('github-secret')
  const dead = states
    .filter((slot) => !slot.works && !isNamed(slot))
    .map((slot) => `${slot.label} does not work`)
  if (course === 'rotated') return held.size === 1 ? dead : [...dead, 'the places hold several tokens']
  const after = aliveObjects(world)
  const gone = before.alive.filter(({ id }) => !after.some((one) => one.id === id && one.enabled))
  const made = after.filter(({ id }) => !before.alive.some((one) => one.id === id))
  const named = describeLeft(run)
  const isAsBefore = JSON.stringify(slotsNow(world)) === JSON.stringify(before.slots)
  return [
    ...dead,
    ...gone.map(({ name }) => `${name} is gone`),
    ...(course === 'as before' && !isAsBefore ? ['a place holds something else'] : []),
    ...(course === 'promoted' ? [] : made)
      .filter(({ id }) => course === 'as before' || !named.includes(id))
      .map(({ name }) => `${name} is left and not named`)
  ]
}

/** Everything that a record names as unresolved or kept. */
function describeLeft({ record }: WorldRun): string {
  return JSON.stringify(
    record.rotations.map(({ left, credentials }) => [left, credentials.map(({ kept }) => kept)])
  )
}
