import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { simulateTime } from '../../simulation/simulated-clock.ts'
import { RateLimiter } from '../../src/http/rate-limiter.ts'
import { createStandingClock } from './standing-clock.ts'

const done = (): Promise<void> => Promise.resolve()

describe('rate limiter', () => {
  it('waits for the next rate limit window when few calls are left in this one', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock)
    limiter.update(new Headers({ ratelimit: '"default";r=3;t=30' }))
    await limiter.run(done)
    expect(clock.slept).toEqual([30_000])
  })

  it('does not wait while enough calls are left, nor after the rate limit window is over', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock)
    limiter.update(new Headers({ ratelimit: '"default";r=100;t=30' }))
    await limiter.run(done)
    limiter.update(new Headers({ ratelimit: '"default";r=0;t=30' }))
    clock.advance(31_000)
    await limiter.run(done)
    expect(clock.slept).toEqual([])
  })

  it("reads GitHub's rate limit headers", async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock)
    const reset = String(Math.floor(clock.now() / 1000) + 12)
    limiter.update(new Headers({ 'x-ratelimit-remaining': '2', 'x-ratelimit-reset': reset }))
    await limiter.run(done)
    expect(clock.slept).toEqual([12_000])
  })

  it('waits a minute at most, and ignores malformed rate limit headers', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock)
    limiter.update(
      new Headers({ ratelimit: 'soon', 'x-ratelimit-remaining': 'few', 'x-ratelimit-reset': 'later' })
    )
    await limiter.run(done)
    expect(clock.slept).toEqual([])
    limiter.update(new Headers({ ratelimit: '"default";r=0;t=300' }))
    await limiter.run(done)
    expect(clock.slept).toEqual([60_000])
  })

  it('does not wait for the rate limit window once the run is cancelled', async () => {
    const { clock } = simulateTime(createVirtualClock())
    const limiter = new RateLimiter(clock)
    const cancelled = new AbortController()
    limiter.update(new Headers({ ratelimit: '"default";r=0;t=300' }))
    const begunAt = clock.now()
    const call = limiter.run(() => Promise.resolve(clock.now()), { signal: cancelled.signal })
    cancelled.abort()
    await expect(call).resolves.toBe(begunAt)
  })

  it('runs at most 16 calls at once', async () => {
    const limiter = new RateLimiter(createStandingClock())
    let running = 0
    let most = 0
    const call = async (): Promise<void> => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
    }
    await Promise.all(Array.from({ length: 50 }, () => limiter.run(call)))
    expect(most).toBe(16)
  })
})
