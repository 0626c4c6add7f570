import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { marked } from 'marked'
import { writeSummary } from '../../../src/action/summary.ts'
import { nextState } from '../../../src/alerts/content/alert-state.ts'
import { describeFailure } from '../../../src/alerts/content/content.ts'
import { code, inline, renderMarkdown } from '../../../src/alerts/content/message.ts'
import type { RunRecord } from '../../../src/rotation/record/schema.ts'
import { credential, failingRun, rotation } from '../records.ts'

const NAMES = [
  '&lt;img src=x onerror=alert(1)&gt;',
  '&#60;script&#x3e;',
  'fixes #1',
  'octo-org/ops#12',
  'GH-7 and gh-8',
  '@octo-org/admins',
  'ops@evil.example',
  'see https://evil.example/login?x=1#top, now',
  'HTTP://EVIL.example',
  'ftp://evil.example',
  'www.evil.example/a_b',
  '(www.evil.example)',
  '[x](https://evil.example "t")',
  '![x](https://evil.example/a.png)',
  '<https://evil.example>',
  '<!-- rotate-action alert=0000000000000000 failing=a since=1 count=1 -->',
  '`https://evil.example`',
  '\\`https://evil.example\\`',
  'a\\',
  '- a list',
  '1. a list',
  '# a heading',
  '> a quote',
  '=== ',
  '| a | b |',
  '~~a~~ **b** __c__ *d*',
  'right\u202eto left\u2066\u200b @\u200boctocat'
]

/** What of a page would do something: GitHub makes its own links in what is left when code is set aside. */
function findLive(markdown: string): readonly string[] {
  const html = marked.parse(markdown, { async: false, gfm: true })
  const own = html.replace(/<a href="https:\/\/github\.com\/[^"]*">[^<]*<\/a>/g, '')
  const tags = [...own.matchAll(/<(a|img|script|h1|ul|ol|li|blockquote|em|del|hr|pre|!--)\b[^>]*>/g)].map(
    ([tag]) => tag
  )
  const prose = own.replace(/<code>[^<]*<\/code>/g, '').replace(/<[^>]*>/g, '')
  const entities = prose.replace(/&amp;/g, '&').replace(/&#39;|&quot;/g, "'")
  const links = entities.match(/#\d|\bgh-\d|@\w|https?:|ftp:|www\.|[\u202a-\u202e\u2066-\u2069]/gi) ?? []
  return [...tags, ...links]
}

/** What is seen of a page. */
function textOf(markdown: string): string {
  return marked
    .parse(markdown, { async: false, gfm: true })
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\p{Cf}/gu, '')
    .trim()
}

describe('a text from elsewhere', () => {
  it.each(NAMES)('is inert in Markdown, and reads as it is: %s', (name) => {
    for (const markdown of [inline(name), `x ${inline(name)} y`, `**${inline(name).trim()}**`, code(name)]) {
      expect(findLive(markdown)).toEqual([])
    }
    expect(textOf(`x ${inline(name)} y`).replace(/[\s`]+/g, ' ')).toBe(
      `x ${name.replace(/\p{Cf}/gu, '')} y`.replace(/[\s`]+/g, ' ')
    )
  })

  it('is inert however it is put together', () => {
    const parts = fc.constantFrom(
      ...NAMES,
      '`',
      '\\',
      '*',
      '_',
      '|',
      '\n',
      ' ',
      '<',
      '&',
      'a',
      ':',
      '/',
      '\r\n\r\n'
    )
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 6 }), (pieces) => {
        const text = pieces.join('')
        expect(findLive(`x ${inline(text)} y`)).toEqual([])
        expect(findLive(`x ${code(text)} y ${code(text)}`)).toEqual([])
      }),
      { seed: 5, numRuns: 500 }
    )
  })

  it('is inert in the summary and in the alert, wherever it stands', () => {
    for (const name of NAMES) {
      const record = wicked(name)
      const state = nextState(undefined, record)!
      const alert = renderMarkdown(
        describeFailure(record, { state, runbookUrl: 'https://github.com/x/y', onSuccess: 'closes it' })
      )
      for (const page of [writeSummary(record), alert]) {
        const live = findLive(page).filter((tag) => !/^<(ul|li|blockquote|h\d)/.test(tag))
        expect(live).toEqual([])
      }
    }
  })

  it('is no link unless its URL is one of the web', () => {
    const link = (url: string): string =>
      renderMarkdown({ lead: [{ paragraph: [{ link: 'Run 1', url }] }], sections: [] })
    expect(link('https://github.com/a?b&lt;')).toBe('[Run 1](https://github.com/a?b&amp;lt;)')
    for (const url of ['javascript:alert(1)', 'data:text/html,x', '//evil.example', '', 'https:evil'])
      expect(link(url)).toBe('Run 1')
  })
})

function wicked(name: string): RunRecord {
  const slot = { id: name, state: 'working', expiresAt: null } as const
  const ended = credential({
    old: { id: name, clientId: name, issuedAt: null, expiresAt: null },
    new: { id: name, clientId: name, name, expiresAt: null },
    slots: { primary: slot, secondary: slot },
    probes: [{ label: name, of: 'new', verdict: 'forbidden', detail: name }],
    revoked: [{ id: name, reason: 'orphan', at: '2026-01-02T00:00:00Z', livedSeconds: 1 }],
    kept: [{ id: name, reason: name }]
  })
  const error = { ...rotation().error!, message: name, hint: name }
  return failingRun({
    warnings: [name],
    error,
    run: { ...failingRun().run, actor: name, triggeringActor: name, reason: name, workflow: name },
    rotations: [
      rotation({ plan: null, credentials: [ended], error, reason: [name], undone: [name], left: [name] })
    ]
  })
}
