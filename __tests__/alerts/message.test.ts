import { describe, expect, it } from '@jest/globals'
import { inline } from '../../src/alerts/message.ts'

describe('a text that comes from elsewhere', () => {
  it.each([
    ['line breaks', 'a\r\n\n  b', 'a b'],
    ['HTML', '<img src=x> <!-- x -->', '\\<img src=x\\> \\<!-- x --\\>'],
    ['links', '[x](https://evil.example)', '\\[x\\](https://evil.example)'],
    ['emphasis, code and tables', '*a* _b_ `c` | d ~e~', '\\*a\\* \\_b\\_ \\`c\\` \\| d \\~e\\~']
  ])('has no %s when it is shown', (_what, text, shown) => {
    expect(inline(text)).toBe(shown)
  })

  it('mentions nobody', () => {
    expect(inline('@octocat')).not.toContain('@octocat')
  })
})
