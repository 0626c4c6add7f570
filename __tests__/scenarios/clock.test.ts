import { describe, expect, it } from '@jest/globals'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY, MINUTE } from '../../simulation/times.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import { expectRotated } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

function runAt(world: World, skewMs: number, more: Parameters<World['run']>[0] = {}): Promise<WorldRun> {
  return world.run({ ...more, onClock: (time) => void (time.skewMs = skewMs) })
}

describe('runner with a wrong clock', () => {
  it.each([
    ['a day behind', -DAY, /24h behind/],
    ['a day ahead', DAY, /ahead/],
    ['six minutes behind', -6 * MINUTE, /behind/],
    ['six minutes ahead', 6 * MINUTE, /ahead/]
  ])(
    'stops before it writes when the clock is %s, explains it and raises one alert',
    async (_how, skew, words) => {
      const world = await createRotatedScenario()
      const before = slotsNow(world)
      for (let time = 0; time < 2; time++) {
        const begun = world.clock.now()
        const run = await runAt(world, skew)
        expect(run.record.outcome).toBe('failed')
        expect(run.record.error).toMatchObject({ code: 'clock' })
        expect(run.record.error!.message).toMatch(words)
        expect(run.record.error!.message.split('\n')).toHaveLength(1)
        expect(run.record.rotations).toEqual([])
        expect(world.clock.now() - begun).toBeLessThan(MINUTE)
        expect(openAlerts(world)).toHaveLength(1)
      }
      expect(slotsNow(world)).toEqual(before)
      const writes = world.sandbox.transcript.calls.filter(
        ({ api, method, applied }) => api === 'cloudflare' && applied && method !== 'GET'
      )
      expect(writes).toEqual([])
      const well = await runAt(world, 0)
      expectRotated(world, well)
      expect(openAlerts(world)).toEqual([])
      expect(world.account.repository.issues).toHaveLength(1)
    }
  )

  it.each(['plan', 'check'] as const)(
    'reports a wrong clock in the same sentence in a %s',
    async (command) => {
      const world = await createRotatedScenario()
      const { record } = await runAt(world, -DAY, { command })
      expect(record.error?.code).toBe('clock')
      expect(record.findings).toEqual([])
    }
  )

  it.each([-4, 4])('rotates with a clock that is wrong by %d minutes', async (minutes) => {
    const world = await createRotatedScenario()
    expect((await runAt(world, minutes * MINUTE)).record.outcome).toBe('rotated')
  })

  it('continues a run whose clock is set back during the run', async () => {
    const world = await createRotatedScenario()
    let time: { skewMs: number } | undefined
    const forget = world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before' && call.method === 'POST' && time !== undefined) time.skewMs = -10 * MINUTE
    })
    const run = await world.run({ onClock: (own) => void (time = own) })
    forget()
    expect(run.record.outcome).toBe('rotated')
  })
})
