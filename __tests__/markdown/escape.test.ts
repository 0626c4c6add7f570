import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { codeSpan, escapeText } from '../../src/markdown/escape.ts'
import { findLive, HOSTILE_TEXTS, textOf } from './hostile-texts.ts'

describe('a text from outside', () => {
  it.each(HOSTILE_TEXTS)('reads as it is and is inert in Markdown when it is %s', (text) => {
    for (const markdown of [
      escapeText(text),
      `x ${escapeText(text)} y`,
      `**${escapeText(text).trim()}**`,
      codeSpan(text)
    ]) {
      expect(findLive(markdown)).toEqual([])
    }
    expect(textOf(`x ${escapeText(text)} y`).replace(/[\s`]+/g, ' ')).toBe(
      `x ${text.replace(/\p{Cf}/gu, '')} y`.replace(/[\s`]+/g, ' ')
    )
  })

  it('is inert however it is put together', () => {
    const parts = fc.constantFrom(
      ...HOSTILE_TEXTS,
      ...['`', '``', '\\', '*', '_', '|', '\n', ' ', '<', '&', 'a', ':', '/', '\r\n\r\n']
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('')
        expect(findLive(`x ${escapeText(text)} y`)).toEqual([])
        expect(findLive(`x ${codeSpan(text)} y ${codeSpan(text)}`)).toEqual([])
      }),
      { seed: 5, numRuns: 500 }
    )
  })

  it.each([
    ['line breaks', 'a\r\n\n  b', 'a b'],
    ['HTML', '<img src=x> <!-- x -->', '\\<img src=x\\> \\<!-- x --\\>'],
    ['links', '[x](https://evil.example)', '\\[x\\](`https://evil.example`)'],
    ['emphasis, code and tables', '*a* _b_ `c` | d ~e~', '\\*a\\* \\_b\\_ \\`c\\` \\| d \\~e\\~']
  ])('does not keep its %s', (_what, text, shown) => {
    expect(escapeText(text)).toBe(shown)
  })

  it('mentions no one', () => {
    expect(escapeText('@octocat')).not.toContain('@octocat')
  })
})

describe('code', () => {
  it.each([
    'SECONDARY_TOKEN: ${{ secrets.SECONDARY_TOKEN }}',
    'a `quoted` word',
    '`quoted`',
    '``two``',
    "jq '.a | .b' <file>",
    'C:\\*.json'
  ])('can be copied as it is when it is %s', (text) => {
    expect(textOf(codeSpan(text))).toBe(text)
  })

  it('is nothing for a text without visible characters', () => {
    expect(codeSpan(' \u200b\n')).toBe('')
  })

  it('cannot be taken for the marker of an alert', () => {
    expect(codeSpan('<!-- rotate-action alert=0000000000000000 -->')).not.toContain('<!--')
  })
})
