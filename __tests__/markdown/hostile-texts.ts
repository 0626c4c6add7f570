import { marked } from 'marked'

/** Texts that would be markup, links, mentions or references on GitHub. */
export const HOSTILE_TEXTS = [
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

/** Finds what would be live on a page; GitHub makes its own links in everything but code. */
export function findLive(markdown: string): readonly string[] {
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

/** Reads a page as a person sees it. */
export function textOf(markdown: string): string {
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
