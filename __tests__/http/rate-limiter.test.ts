import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { simulateTime } from '../../simulation/simulated-clock.ts'
import { RateLimiter, spendingOf } from '../../src/http/rate-limiter.ts'
import type { RateLimit } from '../../src/http/rate-window.ts'
import { createStandingClock } from './standing-clock.ts'

const done = (): Promise<void> => Promise.resolve()

const writesPerMinute = (units: number): RateLimit => ({
  ...{ units, windowMs: 60_000, perRotation: 1 },
  costOf: (method) => (method === 'PUT' ? 1 : 0)
})

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

  it('ignores malformed rate limit headers', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock)
    limiter.update(
      new Headers({ ratelimit: 'soon', 'x-ratelimit-remaining': 'few', 'x-ratelimit-reset': 'later' })
    )
    await limiter.run(done)
    expect(clock.slept).toEqual([])
  })

  it('waits for the whole window while nothing is held, and a minute at most in the middle of a rotation', async () => {
    for (const [inRotation, waited] of [
      [false, 300_000],
      [true, 60_000]
    ] as const) {
      const clock = createStandingClock()
      const limiter = new RateLimiter(clock)
      limiter.update(new Headers({ ratelimit: '"default";r=0;t=300' }))
      if (inRotation) await spendingOf({ add: () => undefined }, () => limiter.run(done))
      else await limiter.run(done)
      expect(clock.slept).toEqual([waited])
    }
  })

  it('counts the calls of each token on its own', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock, [writesPerMinute(2)])
    limiter.update(new Headers({ ratelimit: '"default";r=0;t=30' }), 'one')
    await limiter.run(done, { key: 'other', method: 'PUT' })
    await limiter.run(done, { key: 'other', method: 'PUT' })
    await limiter.run(done, { key: 'third', method: 'PUT' })
    expect(clock.slept).toEqual([])
    await limiter.run(done, { key: 'other', method: 'PUT' })
    expect(clock.slept).toEqual([61_000])
  })

  it('lets calls that cost nothing pass while a limit is used up', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock, [writesPerMinute(1)])
    await limiter.run(done, { method: 'PUT' })
    await limiter.run(done, { method: 'GET' })
    expect(clock.slept).toEqual([])
  })

  it('never sends more calls in a window than the limit allows, however many ask at once', async () => {
    const { clock } = simulateTime(createVirtualClock())
    const limiter = new RateLimiter(clock, [writesPerMinute(10)])
    const sent: number[] = []
    const call = async (): Promise<void> => {
      sent.push(clock.now())
      await clock.sleep(50)
    }
    await Promise.all(Array.from({ length: 35 }, () => limiter.run(call, { method: 'PUT' })))
    for (const from of sent)
      expect(sent.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(10)
  })

  it('holds back every call of a token that was asked to wait', async () => {
    const clock = createStandingClock()
    const limiter = new RateLimiter(clock)
    limiter.pause(20_000, 'one')
    await limiter.run(done, { key: 'other' })
    expect(clock.slept).toEqual([])
    await limiter.run(done, { key: 'one' })
    expect(clock.slept).toEqual([20_000])
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
