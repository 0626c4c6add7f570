import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import { GivenSecrets } from '../../src/action/given-secrets.ts'

const LONG = 'a-value-of-more-than-sixteen'
const OTHER = 'another-value-that-is-long'

function parse(json: string): { given: GivenSecrets | undefined; masked: readonly string[] } {
  const masked: string[] = []
  return { given: GivenSecrets.parse(json, (value) => masked.push(value)), masked }
}

describe('the input secrets', () => {
  it('holds the values by their names, which GitHub writes in capitals', () => {
    const { given } = parse(JSON.stringify({ TOKEN: LONG, github_token: OTHER }))
    expect(given?.find('TOKEN')).toBe(LONG)
    expect(given?.find('GITHUB_TOKEN')).toBe(OTHER)
    expect(given?.find('MISSING')).toBeUndefined()
  })

  it('masks every value that is not a placeholder, also those that are not read', () => {
    const { masked } = parse(JSON.stringify({ TOKEN: LONG, OTHER, DUMMY: '1', EMPTY: '' }))
    expect(masked).toEqual([LONG, OTHER])
  })

  it('drops the values that the configuration does not read', () => {
    const { given } = parse(JSON.stringify({ TOKEN: LONG, OTHER }))
    given?.keepOnly(new Set(['TOKEN']))
    expect(given?.find('TOKEN')).toBe(LONG)
    expect(given?.find('OTHER')).toBeUndefined()
  })

  it('is empty when it is left out', () => {
    expect(parse('').given?.find('TOKEN')).toBeUndefined()
  })

  it.each(['no JSON', '[]', '"text"', 'null', '7', '{"A": {"B": "c"}}', '{"A": 1}', `{"A": "${LONG}"`])(
    'is refused when it is %s',
    (json) => {
      expect(parse(json).given).toBeUndefined()
    }
  )

  it('masks the texts of an object that is refused', () => {
    expect(parse(JSON.stringify({ A: LONG, B: 1 })).masked).toEqual([LONG])
  })

  it('shows none of its values when it is printed', () => {
    const { given } = parse(JSON.stringify({ TOKEN: LONG }))
    expect(`${JSON.stringify(given)} ${inspect(given, { depth: 9 })}`).not.toContain(LONG)
  })
})
