import { expect, it, jest } from '@jest/globals'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { failSome, findBound, fleetKind } from '../../simulation/fleet.ts'
import { watchSlots } from '../../simulation/invariants.ts'
import { createWorldOf } from '../../simulation/kinds.ts'
import { findLeftovers } from '../../simulation/postconditions.ts'
import { DAY, HOUR } from '../../simulation/times.ts'

jest.setTimeout(1_800_000)

const COUNT = 200

it('rotates 200 credentials at 90 % of what the rate limits allow, and keeps each consumer working while 5 % of the calls fail', async () => {
  await useFakeSealing()
  const { configuration, ...kind } = fleetKind(COUNT)
  const world = createWorldOf({ configuration, ...kind }, 1)
  const { sandbox, clock } = world
  sandbox.latencyMs = 50
  expect((await world.run({ configuration })).record.outcome).toBe('rotated')
  clock.advance(31 * DAY)
  sandbox.transcript.clear()

  const whole = await world.run({ configuration })
  expect(whole.record.rotations.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(COUNT)
  const calls = [...sandbox.transcript.calls]
  expect(calls.filter(({ status }) => status === 429 || status === 403)).toEqual([])
  const took = Math.max(...calls.map(({ endedAt = 0 }) => endedAt)) - calls[0]!.startedAt
  expect(findBound(calls).ms / took).toBeGreaterThanOrEqual(0.9)
  clock.advance(31 * DAY)

  const watch = watchSlots(world, configuration)
  watch.begin()
  failSome(sandbox, { share: 0.05, calls: 12_000, seed: 7 })
  const faulted = await world.run({ configuration })
  expect(faulted.record.rotations.filter(({ outcome }) => outcome === 'rotated').length).toBeGreaterThan(
    COUNT / 2
  )
  sandbox.faults.clear()
  clock.advance(HOUR)
  const next = await world.run({ configuration })
  watch.stop()
  expect(watch.violations).toEqual([])
  expect(next.record.rotations.filter(({ error }) => error !== null)).toEqual([])
  expect(findLeftovers(world, { configuration, everHeld: watch.everHeld, run: next })).toEqual([])
})
