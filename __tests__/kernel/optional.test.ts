import { expect, it } from '@jest/globals'
import { withoutUndefined } from '../../src/kernel/optional.ts'

it('withoutUndefined leaves out the keys whose value is undefined, and keeps null, false and empty texts', () => {
  const copy = withoutUndefined({ a: undefined, b: null, c: false, d: '', e: 0 })
  expect(Object.keys(copy)).toEqual(['b', 'c', 'd', 'e'])
})
