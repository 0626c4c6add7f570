import { expect, it } from '@jest/globals'
import { withoutUndefined } from '../../src/kernel/optional.ts'

it('omits keys whose value is undefined, and keeps null, false, 0 and empty strings', () => {
  const copy = withoutUndefined({ a: undefined, b: null, c: false, d: '', e: 0 })
  expect(Object.keys(copy)).toEqual(['b', 'c', 'd', 'e'])
})
