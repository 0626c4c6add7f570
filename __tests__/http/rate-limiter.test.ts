import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { simulateTime } from '../../simulation/simulated-clock.ts'
import { RateLimiter } from '../../src/http/rate-limiter.ts'
import { createStandingClock } from './standing-clock.ts'

const done = (): Promise<void> => Promise.resolve()

describe('the pace', () => {
  it('waits for the next window when few calls are left in this one', async () => {
    const clock = createStandingClock()
    const pace = new RateLimiter(clock)
    pace.update(new Headers({ ratelimit: '"default";r=3;t=30' }))
    await pace.run(done)
    expect(clock.slept).toEqual([30_000])
  })

  it('does not wait while enough are left, nor when the window is over', async () => {
    const clock = createStandingClock()
    const pace = new RateLimiter(clock)
    pace.update(new Headers({ ratelimit: '"default";r=100;t=30' }))
    await pace.run(done)
    pace.update(new Headers({ ratelimit: '"default";r=0;t=30' }))
    clock.advance(31_000)
    await pace.run(done)
    expect(clock.slept).toEqual([])
  })

  it("understands GitHub's headers too", async () => {
    const clock = createStandingClock()
    const pace = new RateLimiter(clock)
    const reset = String(Math.floor(clock.now() / 1000) + 12)
    pace.update(new Headers({ 'x-ratelimit-remaining': '2', 'x-ratelimit-reset': reset }))
    await pace.run(done)
    expect(clock.slept).toEqual([12_000])
  })

  it('waits a minute at most, and learns nothing from headers that are none', async () => {
    const clock = createStandingClock()
    const pace = new RateLimiter(clock)
    pace.update(
      new Headers({ ratelimit: 'soon', 'x-ratelimit-remaining': 'few', 'x-ratelimit-reset': 'later' })
    )
    await pace.run(done)
    expect(clock.slept).toEqual([])
    pace.update(new Headers({ ratelimit: '"default";r=0;t=300' }))
    await pace.run(done)
    expect(clock.slept).toEqual([60_000])
  })

  it('does not wait once the run is cancelled', async () => {
    const { clock } = simulateTime(createVirtualClock())
    const pace = new RateLimiter(clock)
    const cancelled = new AbortController()
    pace.update(new Headers({ ratelimit: '"default";r=0;t=300' }))
    const begunAt = clock.now()
    const call = pace.run(() => Promise.resolve(clock.now()), cancelled.signal)
    cancelled.abort()
    await expect(call).resolves.toBe(begunAt)
  })

  it('lets no more than 16 calls be under way at once', async () => {
    const pace = new RateLimiter(createStandingClock())
    let running = 0
    let most = 0
    const call = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    await Promise.all(Array.from({ length: 50 }, () => pace.run(call)))
    expect(most).toBe(16)
  })
})
