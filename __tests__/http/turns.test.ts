import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { simulateTime } from '../../simulation/simulated-clock.ts'
import { RateLimiter } from '../../src/http/rate-limiter.ts'
import { Turns } from '../../src/http/turns.ts'

const MINUTE = 60_000

/** Work of three round trips, of which the second is a write, within a limit of 80 writes a minute. */
function createStage({
  endsAfterMs,
  cancelled = new AbortController().signal
}: { endsAfterMs?: number; cancelled?: AbortSignal } = {}) {
  const { clock } = simulateTime(createVirtualClock())
  const limiter = new RateLimiter(clock, [
    { units: 80, windowMs: MINUTE, costOf: (method) => (method === 'PUT' ? 1 : 0), perRotation: 4 }
  ])
  const begunAt = clock.now()
  const turns = new Turns({
    clock,
    limiters: [limiter],
    cancelled,
    endsAt: endsAfterMs === undefined ? undefined : begunAt + endsAfterMs
  })
  const writes: number[] = []
  const waits: number[] = []
  let atWork = 0
  let most = 0
  const call = async (method: string): Promise<void> => {
    const askedAt = clock.now()
    await limiter.run(
      async () => {
        waits.push(clock.now() - askedAt)
        if (method === 'PUT') writes.push(clock.now() - begunAt)
        await clock.sleep(100)
      },
      { key: 'token', method }
    )
  }
  const work = async (): Promise<true> => {
    most = Math.max(most, ++atWork)
    for (const method of ['GET', 'PUT', 'GET']) await call(method)
    atWork--
    return true
  }
  return {
    ...{ clock, turns, writes, waits, work },
    most: () => most,
    run: (count: number) => Promise.all(Array.from({ length: count }, () => turns.take(work)))
  }
}

/** The largest number of instants in any window of that length. */
function densest(instants: readonly number[], windowMs: number): number {
  return Math.max(
    ...instants.map((from) => instants.filter((at) => at >= from && at < from + windowMs).length)
  )
}

describe('turns of rotations', () => {
  it('use at least 90 % of what a rate limit allows, and never more', async () => {
    const stage = createStage()
    await stage.run(400)
    expect(stage.writes).toHaveLength(400)
    expect(densest(stage.writes, MINUTE)).toBeLessThanOrEqual(80)
    expect(4 * MINUTE).toBeGreaterThanOrEqual(0.9 * Math.max(...stage.writes))
  })

  it('let no more than 32 be at work at a time', async () => {
    const stage = createStage()
    await stage.run(70)
    expect(stage.most()).toBe(32)
  })

  it('let none begin that would have to wait for a rate limit half-way', async () => {
    const stage = createStage()
    await stage.run(200)
    expect(Math.max(...stage.waits)).toBeLessThan(5_000)
  })

  it('begin in the order in which they were asked for', async () => {
    const { turns } = createStage()
    const begun: number[] = []
    const all = Array.from({ length: 40 }, (_, index) => index)
    await Promise.all(all.map((index) => turns.take(() => Promise.resolve(begun.push(index)))))
    expect(begun).toEqual(all)
  })

  it('are refused at once, without having begun, when the job would end too soon', async () => {
    const stage = createStage({ endsAfterMs: 4 * MINUTE })
    const results = await stage.run(400)
    const done = results.filter((result) => result === true).length
    expect(results.slice(0, done)).not.toContain(undefined)
    expect(done).toBeGreaterThanOrEqual(240)
    expect(done).toBeLessThan(400)
    expect(stage.writes).toHaveLength(done)
  })

  it('begin without a wait after the run is cancelled, so that each can end as cancelled', async () => {
    const cancelled = new AbortController()
    const stage = createStage({ cancelled: cancelled.signal })
    const ended: number[] = []
    const all = Array.from({ length: 120 }, () =>
      stage.turns
        .take(() => (cancelled.signal.aborted ? Promise.resolve(true) : stage.work()))
        .finally(() => ended.push(stage.clock.now()))
    )
    const begunAt = stage.clock.now()
    void stage.clock.sleep(20_000).then(() => cancelled.abort())
    await Promise.all(all)
    expect(Math.max(...ended) - begunAt).toBeLessThan(30_000)
  })

  it('go on with the others when one fails', async () => {
    const { turns } = createStage()
    const failing = turns.take(() => Promise.reject(new Error('lost')))
    const other = turns.take(() => Promise.resolve('done'))
    await expect(failing).rejects.toThrow('lost')
    await expect(other).resolves.toBe('done')
  })
})
