import { describe, expect, it } from '@jest/globals'
import { readState } from '../../src/action/state.ts'

const NONCE = '0f2ac74b-498b-4802-8cb6-8387c421e279'

function stateOf(state: Readonly<Record<string, string>>) {
  return readState((key) => state[key] ?? '')
}

describe('state that main left for post', () => {
  it('is read as it was written', () => {
    expect(stateOf({ nonce: NONCE, locked: 'a,b-2', written: 'a', ended: 'true' })).toEqual({
      nonce: NONCE,
      locked: ['a', 'b-2'],
      written: ['a'],
      ended: true
    })
    expect(stateOf({})).toEqual({ nonce: '', locked: [], written: [], ended: false })
  })

  it('drops everything that is not the name of a rotation', () => {
    const locked = [
      'a',
      '',
      '../x',
      '*',
      'b\n::add-mask::x',
      'B',
      '-c',
      'x'.repeat(33),
      "d'; drop",
      'e'
    ].join(',')
    expect(stateOf({ nonce: NONCE, locked, written: locked })).toMatchObject({
      locked: ['a', 'e'],
      written: ['a', 'e']
    })
    expect(stateOf({ nonce: NONCE, locked: 'a,'.repeat(100_000) }).locked.length).toBeLessThanOrEqual(500)
  })

  it.each(['', 'x', `${NONCE}\n`, `${NONCE}x`, `a\n${NONCE}`, '*'])(
    'is empty when the nonce is %j, which is invalid',
    (nonce) => {
      expect(stateOf({ nonce, locked: 'a', written: 'a' })).toEqual({
        nonce: '',
        locked: [],
        written: [],
        ended: false
      })
    }
  )
})
