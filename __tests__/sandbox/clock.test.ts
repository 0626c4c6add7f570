import { describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'

describe('virtual clock', () => {
  it('wakes sleepers at their deadlines, in the order of the deadlines', async () => {
    const clock = createVirtualClock(0)
    const woken: string[] = []
    const sleep = async (milliseconds: number) => {
      await clock.sleep(milliseconds)
      woken.push(`${milliseconds} at ${clock.now()}`)
    }
    await Promise.all([sleep(300), sleep(100).then(() => sleep(50)), sleep(200)])
    expect(woken).toEqual(['100 at 100', '50 at 150', '200 at 200', '300 at 300'])
  })

  it('does not advance while it is held for running work', async () => {
    const clock = createVirtualClock(0)
    const sleeping = clock.sleep(100)
    const work = new Promise((resolve) => setImmediate(() => setImmediate(resolve))).then(() => clock.now())
    expect(await clock.hold(work)).toBe(0)
    await sleeping
    expect(clock.now()).toBe(100)
  })

  it('wakes a sleeper when the clock is advanced past its deadline', async () => {
    const clock = createVirtualClock(1000)
    const sleeping = clock.sleep(500)
    clock.advance(2000)
    await sleeping
    expect(clock.now()).toBe(3000)
  })
})
