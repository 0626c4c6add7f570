/** What GitHub turns into a link, without the punctuation that ends the sentence. */
const BARE_LINKS = /((?:https?|ftp):\/\/|(?<![a-z0-9])www\.)[^\s<>`]*[^\s<>`.,;:!?'"*_~)\]}]/giu

/**
 * Escapes a text for one line of Markdown, where it reads as it is: no markup, no entity, and nothing that GitHub turns into a link, a mention
 * or a reference. A URL is shown as code, so that it can be copied.
 */
export function escapeText(text: string): string {
  const line = toLine(text)
  let shown = ''
  let done = 0
  for (const { 0: link, index } of line.matchAll(BARE_LINKS)) {
    shown += `${escapeMarkup(line.slice(done, index))}${codeSpan(link)}`
    done = index + link.length
  }
  return (shown + escapeMarkup(line.slice(done)))
    .replace(/^( *)([-+=])/, '$1\\$2')
    .replace(/^( *\d+)([.)])/, '$1\\$2')
}

/**
 * Writes a text as code, to be copied as it is; nothing for a text without visible characters. Only the beginning of a comment is changed, since
 * the alert is found by one.
 */
export function codeSpan(text: string): string {
  const line = toLine(text).replaceAll('<!--', '<! --')
  if (line.trim() === '') return ''
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length))
  const mark = '`'.repeat(longest + 1)
  const space = /^`|`$/.test(line) ? ' ' : ''
  return `${mark}${space}${line}${space}${mark}`
}

/** Escapes a URL, so that it cannot end the link it stands in. */
export function escapeUrl(url: string): string {
  return url
    .replace(/[\s()<>\\`|]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll('&', '&amp;')
}

/** Escapes a text for HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** One line, without invisible characters and without those that change the direction of the text around them. */
function toLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/\p{Cf}/gu, '')
}

/** GitHub looks for mentions and references after it has undone escapes, so that only a character in between keeps them apart. */
function escapeMarkup(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>&#|~]/g, (character) => `\\${character}`)
    .replace(/@/g, '@\u200b')
    .replace(/#(?=\d)/g, '#\u200b')
    .replace(/\b(GH-)(?=\d)/gi, '$1\u200b')
    .replace(/:(?=\/\/)/g, ':\u200b')
    .replace(/(www)(?=\.)/gi, '$1\u200b')
}
