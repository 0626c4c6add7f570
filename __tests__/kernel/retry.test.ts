import { describe, expect, it } from '@jest/globals'
import { backoffMs, pollUntil } from '../../src/kernel/retry.ts'
import { createStandingClock } from '../http/standing-clock.ts'

const policy = { attempts: 5, firstDelayMs: 500, maxDelayMs: 3_000 }

describe('retry backoff', () => {
  it('doubles the wait before each retry up to its limit', () => {
    expect([1, 2, 3, 4, 5].map((attempt) => backoffMs(policy, attempt, () => 1))).toEqual([
      500, 1_000, 2_000, 3_000, 3_000
    ])
  })

  it('shortens the wait by at most a fifth, so that parallel calls do not retry together', () => {
    expect(backoffMs(policy, 2, () => 0)).toBe(800)
    expect(backoffMs(policy, 2, () => 0.5)).toBe(900)
  })
})

describe('polling', () => {
  const polling = (attempt: () => Promise<string | undefined>, signal?: AbortSignal) => {
    const clock = createStandingClock()
    return {
      clock,
      answer: pollUntil({
        clock,
        random: () => 1,
        firstDelayMs: 1_000,
        maxDelayMs: 4_000,
        withinMs: 10_000,
        attempt,
        signal
      })
    }
  }

  it('ends polling with the first answer', async () => {
    let tries = 0
    const { clock, answer } = polling(() => Promise.resolve(++tries === 3 ? 'there' : undefined))
    expect(await answer).toBe('there')
    expect(clock.slept).toEqual([1_000, 2_000])
  })

  it('ends polling with a last try exactly when its time is over', async () => {
    let tries = 0
    const { clock, answer } = polling(() => Promise.resolve(void tries++))
    expect(await answer).toBeUndefined()
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(10_000)
    expect(tries).toBe(clock.slept.length + 1)
  })

  it('ends polling at once on an error or an abort', async () => {
    await expect(polling(() => Promise.reject(new Error('no'))).answer).rejects.toThrow('no')
    const { clock, answer } = polling(() => Promise.resolve(undefined), AbortSignal.abort())
    expect(await answer).toBeUndefined()
    expect(clock.slept).toEqual([])
  })
})
