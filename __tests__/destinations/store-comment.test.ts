import { describe, expect, it } from '@jest/globals'
import { parseComment } from '../../src/destinations/secrets-store.ts'

describe('the comment of a stored secret', () => {
  it('says which token the secret holds', () => {
    expect(parseComment('rotate 0123abcd 2026-01-02T00:00:00Z run 42')).toBe('0123abcd')
    expect(parseComment('rotate 0123abcd never run 42')).toBe('0123abcd')
  })

  it.each([
    undefined,
    null,
    '',
    'mine',
    'rotate',
    'rotate 0123abcd',
    'rotate 0123abcd never run',
    'please rotate 0123abcd never run 42',
    'rotate 0123abcd never run 42!'
  ])('%j says nothing', (comment) => {
    expect(parseComment(comment)).toBeUndefined()
  })
})
