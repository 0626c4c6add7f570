import { expect, it, jest } from '@jest/globals'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { failSome, findBound, fleetKind } from '../../simulation/fleet.ts'
import { findLeftovers } from '../../simulation/postconditions.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import { createScenario, type Scenario } from './scenario.ts'

jest.setTimeout(900_000)

const COUNT = 200

async function createFleet(): Promise<Scenario> {
  await useFakeSealing()
  const { configuration, world, prepare } = fleetKind(COUNT)
  const fleet = createScenario({ configuration, ...world, prepare: (made) => prepare?.(made) })
  fleet.account.run.status = 'completed'
  fleet.sandbox.latencyMs = 50
  return fleet
}

it('rotates 200 credentials in at most 1.12 times what the rate limits take, and keeps each consumer working while 5 % of the calls fail', async () => {
  const fleet = await createFleet()
  expect((await fleet.run()).record.outcome).toBe('rotated')
  fleet.clock.advance(31 * DAY)
  fleet.sandbox.transcript.clear()

  const whole = await fleet.run()
  expect(whole.record.rotations.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(COUNT)
  const calls = [...fleet.sandbox.transcript.calls]
  expect(calls.filter(({ status }) => status === 429 || status === 403)).toEqual([])
  const [first, last] = [calls[0]!.startedAt, Math.max(...calls.map(({ endedAt = 0 }) => endedAt))]
  expect(findBound(calls).ms / (last - first)).toBeGreaterThanOrEqual(0.9)
  fleet.clock.advance(31 * DAY)

  failSome(fleet.sandbox, { share: 0.05, calls: 12_000, seed: 7 })
  const faulted = await fleet.run()
  expect(faulted.record.rotations.filter(({ outcome }) => outcome === 'rotated').length).toBeGreaterThan(
    COUNT / 2
  )
  fleet.sandbox.faults.clear()
  fleet.clock.advance(HOUR)

  const next = await fleet.run()
  expect(next.record.rotations.filter(({ error }) => error !== null)).toEqual([])
  const about = { configuration: fleet.configuration, everHeld: fleet.everHeld }
  expect(findLeftovers(fleet, { ...about, run: next })).toEqual([])
})
