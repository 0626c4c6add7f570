import { describe, expect, it } from '@jest/globals'
import { waitUntilSeen } from '../../../src/destinations/secrets-store/seen.ts'
import type { Clock } from '../../../src/kernel/clock.ts'
import { RotationError } from '../../../src/kernel/error.ts'
import { Secret } from '../../../src/kernel/secret.ts'
import type { SlotWrite } from '../../../src/rotation/model/destination.ts'

const WRITES: readonly SlotWrite[] = ['PRIMARY', 'OTHER'].map((secret) => ({
  secret,
  slot: 'primary',
  value: new Secret(`the new value of ${secret}`),
  holds: 'id'
}))

/** A clock on which only waiting takes time. */
function createWaitingClock(): Clock & { readonly slept: () => number } {
  let now = 0
  return {
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => {
      now += ms
      return Promise.resolve()
    },
    deadline: () => ({ signal: new AbortController().signal, clear: () => undefined }),
    slept: () => now
  }
}

/** Waits for a coordinator that sees each value after some seconds. */
async function wait(seconds: Readonly<Record<string, number>>, failsUntil = 0) {
  const clock = createWaitingClock()
  const progress: string[] = []
  const states = await waitUntilSeen(WRITES, {
    coordinator: {
      see: () =>
        clock.now() < failsUntil * 1000
          ? Promise.reject(new RotationError('unreachable', 'The coordinator is down.'))
          : Promise.resolve((name) => clock.now() >= (seconds[name] ?? 0) * 1000)
    },
    clock,
    cancelled: new AbortController().signal,
    onProgress: (message) => progress.push(message)
  })
  return { states: WRITES.map((write) => states.get(write)), progress, slept: clock.slept() }
}

describe('a write that the coordinator must see', () => {
  it('is confirmed at once when it is seen', async () => {
    expect(await wait({})).toEqual({
      states: [{ state: 'confirmed' }, { state: 'confirmed' }],
      progress: [],
      slept: 0
    })
  })

  it.each([30, 200])(
    'is confirmed when consumers see it after %i seconds, with a line of progress every 15 seconds',
    async (lag) => {
      const { states, progress, slept } = await wait({ PRIMARY: lag })
      expect(states).toEqual([{ state: 'confirmed' }, { state: 'confirmed' }])
      expect(slept).toBe(lag * 1000)
      expect(progress).toHaveLength(Math.ceil(lag / 15) - 1)
      expect(progress[0]).toBe('Waiting for consumers to see PRIMARY: 15s so far.')
    }
  )

  it('is pending when it is not seen in time, and the others are confirmed', async () => {
    const { states } = await wait({ PRIMARY: Infinity })
    expect(states).toEqual([
      { state: 'pending', reason: 'is not seen by the coordinator yet after 4m' },
      { state: 'confirmed' }
    ])
  })

  it('survives a coordinator that does not answer for a time', async () => {
    expect((await wait({}, 20)).states).toEqual([{ state: 'confirmed' }, { state: 'confirmed' }])
  })

  it('is pending, with the reason, when the coordinator never answers', async () => {
    const { states } = await wait({}, Infinity)
    expect(states[0]).toMatchObject({
      state: 'pending',
      reason: expect.stringContaining('The coordinator is down.') as unknown
    })
  })
})
