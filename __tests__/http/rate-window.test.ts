import { describe, expect, it } from '@jest/globals'
import { RateWindow } from '../../src/http/rate-window.ts'

const SECOND = 1_000

function createWindow(): RateWindow {
  return new RateWindow({ units: 80, windowMs: 60 * SECOND, costOf: () => 1, perRotation: 1 })
}

describe('window of a rate limit', () => {
  it('remembers what was spent until a whole window, and a second for calls that overtake others, has passed', () => {
    const window = createWindow()
    window.add(50, 0)
    window.add(1, 40 * SECOND)
    expect(window.waitFor(29, 41 * SECOND)).toBe(0)
    expect(window.waitFor(40, 41 * SECOND)).toBe(20 * SECOND)
    expect(window.waitFor(40, 61 * SECOND)).toBe(0)
  })

  it('remembers what is asked for at a later time', () => {
    const window = createWindow()
    window.add(80, 0)
    expect(window.waitFor(1, 70 * SECOND)).toBe(0)
    expect(window.waitFor(1, 10 * SECOND)).toBe(51 * SECOND)
  })

  it('is empty before more than the limit may be spent', () => {
    const window = createWindow()
    window.add(1, 0)
    window.add(1, 30 * SECOND)
    expect(window.waitFor(200, 31 * SECOND)).toBe(60 * SECOND)
  })
})
