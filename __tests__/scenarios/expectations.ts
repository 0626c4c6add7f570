import { expect } from '@jest/globals'
import { existingObjects } from '../../simulation/credentials.ts'
import { findOrphans, findUnexplainedOrphans, openAlerts } from '../../simulation/postconditions.ts'
import { HOUR } from '../../simulation/times.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import type { CredentialRecord, RunRecord } from '../../src/rotation/record/schema.ts'
import { matchesRecordSchema } from '../rotation/record/published-schema.ts'
import type { Scenario } from './scenario.ts'
import {
  aliveObjects,
  destinationsOf,
  primaryNames,
  rulesNow,
  slotsNow,
  slotStates,
  type Configured,
  type Snapshot
} from './state.ts'

/** I1: each credential has, at each destination, a slot that works. */
export function expectConsumersSafe(world: Configured): void {
  const states = slotStates(world)
  const works = new Set(states.filter((slot) => slot.works).map(({ holding }) => holding))
  expect(states.map(({ holding }) => holding).filter((holding) => !works.has(holding))).toEqual([])
}

/** Every slot works, the destinations of a rotation hold the same, and no secret was added that no slot uses. */
export function expectSlotsWork(world: Scenario): void {
  for (const destinations of destinationsOf(world)) {
    const slots = destinations.map(({ names, values }) => names.map((name) => [name, values[name]]))
    for (const held of slots) expect(held).toEqual(slots[0])
    for (const { label, names, values } of destinations)
      expect(Object.keys(values).sort()).toEqual([...names, ...(world.otherNames.get(label) ?? [])].sort())
  }
  expect(
    slotStates(world)
      .filter(({ works }) => !works)
      .map(({ label }) => label)
  ).toEqual([])
}

/** I3 at its strictest: each managed object that is valid is in a slot, and the lock is free. */
export function expectClean(world: Scenario): void {
  expect(findOrphans(world, world).map(({ name }) => name)).toEqual([])
  expectUnlocked(world)
}

/** I3: each valid object that is in no slot is kept for a stated reason, and the lock is free. */
export function expectAccountedFor(world: Scenario, run: WorldRun): void {
  expect(findUnexplainedOrphans(world, run, world)).toEqual([])
  expectUnlocked(world)
}

/** No lease is left. */
export function expectUnlocked({ account }: World): void {
  expect(account.namespace.keys).toEqual([])
}

/** PRIMARY is what it was at every destination. */
export function expectPrimaryUntouched(world: Configured, before: ReturnType<typeof slotsNow>): void {
  const primaryOf = (slots: ReturnType<typeof slotsNow>) =>
    slots.map((values) => primaryNames(world).map((name) => [name, values[name]]))
  expect(primaryOf(slotsNow(world))).toEqual(primaryOf(before))
}

/** The record of the one rotation. */
export function rotationOf({ record }: WorldRun): RunRecord['rotations'][number] {
  expect(record.rotations).toHaveLength(1)
  return record.rotations[0]!
}

/** The record of the one credential. */
export function credentialOf(run: WorldRun): CredentialRecord {
  const { credentials } = rotationOf(run)
  expect(credentials).toHaveLength(1)
  return credentials[0]!
}

/** The error that the rotation failed with. */
export function failureOf(run: WorldRun): NonNullable<RunRecord['error']> {
  const error = run.record.error ?? rotationOf(run).error
  expect(error).not.toBeNull()
  return error!
}

/** The text of the one open alert. */
export function alertText(world: World): string {
  const alerts = openAlerts(world)
  expect(alerts).toHaveLength(1)
  return `${alerts[0]!.title}\n${alerts[0]!.body}`
}

/** The rotation succeeded: every slot works, nothing else is valid, no lease, no alert. */
export function expectRotated(world: Scenario, run: WorldRun): void {
  expectOutcomeRotated(run)
  expectSlotsWork(world)
  expectClean(world)
  expect(run.alertError).toBeUndefined()
  expect(openAlerts(world)).toEqual([])
}

/** The run after a failure rotated: every slot works, nothing else is valid without a reason, no alert is open. */
export function expectRecovered(world: Scenario, run: WorldRun): void {
  expectOutcomeRotated(run)
  expectSlotsWork(world)
  expectAccountedFor(world, run)
  expect(openAlerts(world)).toEqual([])
}

/**
 * The run repaired a slot that a probe rejected: what PRIMARY may have held remains valid with that reason, and the next run revokes it.
 * @param rotate runs once more, an hour later
 */
export async function expectRepaired(
  world: Scenario,
  run: WorldRun,
  rotate: () => Promise<WorldRun>
): Promise<void> {
  expectOutcomeRotated(run)
  expectConsumersSafe(world)
  const orphans = findOrphans(world, world)
  expect(orphans).toHaveLength(1)
  expect(rotationOf(run).credentials[0]!.kept).toEqual([
    { id: orphans[0]!.id, reason: expect.stringContaining('PRIMARY may hold it') as unknown }
  ])
  const slots = slotsNow(world)
  world.clock.advance(HOUR)
  expect((await rotate()).record.outcome).toBe('not-due')
  expect(slotsNow(world)).toEqual(slots)
  expectConsumersSafe(world)
  expectClean(world)
}

function expectOutcomeRotated(run: WorldRun): void {
  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
}

/** Managed objects that a run created and that are not deleted. */
export function madeBy(world: World, run: WorldRun) {
  return existingObjects(world).filter(
    ({ name }) => name.startsWith('rotate/') && name.includes(`-${run.runId}.`)
  )
}

/**
 * The run failed and restored everything: consumers are safe, nothing that it created is valid, no lease, one alert.
 * @param before what must be exactly as it was
 */
export function expectRolledBack(world: Configured, run: WorldRun, before?: Snapshot): void {
  expect({ outcome: run.record.outcome, left: rotationOf(run).left }).toEqual({
    outcome: 'rolled-back',
    left: []
  })
  expectConsumersSafe(world)
  expect(madeBy(world, run)).toEqual([])
  if (before !== undefined) expectAsBefore(world, before)
  expectUnlocked(world)
  expect(openAlerts(world)).toHaveLength(1)
}

/** Slots, rules and objects are what they were; all objects are enabled, and each slot that holds something works. */
export function expectAsBefore(world: Configured, before: Snapshot): void {
  expect(slotsNow(world)).toEqual(before.slots)
  expect(rulesNow(world)).toBe(before.rules)
  expect(aliveObjects(world).map(({ id }) => id)).toEqual(before.alive.map(({ id }) => id))
  expect(aliveObjects(world).filter(({ enabled }) => !enabled)).toEqual([])
  expect(slotStates(world).filter(({ isFilled, works }) => isFilled && !works)).toEqual([])
}

/** The run failed before it changed anything. */
export function expectNothingWritten(world: World, run: WorldRun): void {
  expect(run.record.outcome).toBe('failed')
  const writes = world.sandbox.transcript.calls.filter(
    ({ method, applied, path }) => method !== 'GET' && applied && !/\/(issues|labels)/.test(path)
  )
  expect(writes.map(({ method, path }) => `${method} ${path}`)).toEqual([])
}

/** The record is what its published schema says. */
export function expectRecordValid(record: RunRecord): void {
  matchesRecordSchema(record)
  expect(matchesRecordSchema.errors ?? []).toEqual([])
}
