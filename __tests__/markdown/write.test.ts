import { describe, expect, it } from '@jest/globals'
import { marked } from 'marked'
import { toInlines, toShortIds, type Inline } from '../../src/markdown/document.ts'
import { writeMarkdown } from '../../src/markdown/write.ts'
import { findLive, HOSTILE_TEXTS } from './hostile-texts.ts'

const write = (...pieces: readonly Inline[]): string => writeMarkdown([{ paragraph: pieces }])

describe('a line of Markdown', () => {
  it('shows a time that no browser breaks', () => {
    expect(write({ time: '2026-11-24T18:05:33.120Z' })).toBe('2026\u201111\u201124\u00a018:05\u00a0UTC')
  })

  it('shows code and times of a message as such', () => {
    expect(
      write(...toInlines('run `command: check` at 2026-11-24T18:05:33Z, or `2026-11-24T18:05:33Z`'))
    ).toBe('run `command: check` at 2026\u201111\u201124\u00a018:05\u00a0UTC, or `2026-11-24T18:05:33Z`')
  })

  it('shows an id by its last six characters, which no browser breaks', () => {
    expect(write({ id: '06f4b4b7a821dbecf170e71ff5b86788' }, ' ', { id: 'abc123' })).toBe(
      '…\u2060b86788 abc123'
    )
    expect(write(...toShortIds('4cf6c289-e592-471f-abad-d99fe422fd9b of x'))).toBe('…\u206022fd9b of x')
  })

  it('shows code inside emphasis', () => {
    expect(write({ strong: toInlines('Use `force: true`.') })).toBe('**Use `force: true`.**')
  })

  it('has no link unless its URL is one of the web', () => {
    const link = (url: string): string => write({ link: 'Run 1', url })
    expect(link('https://github.com/a?b&lt;')).toBe('[Run 1](https://github.com/a?b&amp;lt;)')
    for (const url of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', '', 'https:evil'])
      expect(link(url)).toBe('Run 1')
  })
})

describe('a table', () => {
  const cellsOf = (...row: readonly (readonly Inline[])[]): readonly string[] => {
    const html = marked.parse(writeMarkdown([{ heads: row.map(() => 'x'), rows: [row] }]), { async: false })
    return [...html.matchAll(/<td>([\s\S]*?)<\/td>/g)].map(([, cell = '']) => cell)
  }

  it('keeps a pipe in its cell, in text and in code', () => {
    expect(cellsOf(['a | b'], [{ code: 'a | b' }], [{ strong: ['c'] }])).toEqual([
      'a | b',
      '<code>a | b</code>',
      '<strong>c</strong>'
    ])
  })

  it.each(HOSTILE_TEXTS)('has as many cells as its head with %s', (text) => {
    expect(cellsOf([text], [{ code: text }], [{ strong: [text] }])).toHaveLength(3)
  })
})

describe('a page', () => {
  it('has headings, a callout, lines to copy and details', () => {
    const page = writeMarkdown([
      { heading: 'Run <1>', level: 2 },
      { callout: 'CAUTION', blocks: [{ paragraph: ['It failed.'] }, { list: [['one'], ['two']] }] },
      { fence: ['env:', '  A: ${{ secrets.A }}'], language: 'yaml' },
      { details: [{ list: [['one']] }], title: 'Details of <b>' },
      { small: ['the end'] }
    ])
    expect(page).toBe(
      [
        '## Run \\<1\\>',
        '',
        '> [!CAUTION]',
        '> It failed.',
        '>',
        '> - one',
        '> - two',
        '',
        '```yaml',
        'env:',
        '  A: ${{ secrets.A }}',
        '```',
        '',
        '<details>',
        '<summary>Details of &lt;b&gt;</summary>',
        '',
        '- one',
        '',
        '</details>',
        '',
        '<sub>the end</sub>'
      ].join('\n')
    )
    expect(findLive(page.replace(/^## /, ''))).toEqual([
      '<blockquote>',
      '<ul>',
      '<li>',
      '<li>',
      '<pre>',
      '<ul>',
      '<li>'
    ])
  })
})
