import { describe, expect, it } from '@jest/globals'
import { parseComment } from '../../../src/destinations/secrets-store/store-comment.ts'

describe('comment of a stored secret', () => {
  it('names the token that the secret holds, and the home of the run that wrote it', () => {
    expect(parseComment('rotate 89ab 2026-01-02T00:00:00Z run 42 home 0123abcd')).toEqual({
      holds: '89ab',
      home: '0123abcd'
    })
    expect(parseComment('rotate 89ab never run 42 home 0123abcd')).toEqual({
      holds: '89ab',
      home: '0123abcd'
    })
  })

  it.each([
    undefined,
    null,
    '',
    'mine',
    'rotate',
    'rotate 0123abcd',
    'rotate 0123abcd never run',
    'rotate 0123abcd never run 42',
    'rotate 0123abcd never run 42 home ops',
    'please rotate 0123abcd never run 42 home 0123abcd',
    'rotate 0123abcd never run 42 home 0123abcd!'
  ])('ignores the comment %j', (comment) => {
    expect(parseComment(comment)).toBeUndefined()
  })
})
