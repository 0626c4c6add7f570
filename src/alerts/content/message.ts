/** What an alert says, as plain data that can be shown as Markdown, as text and as HTML. Its texts are shown as they are, never as markup. */
export interface AlertContent {
  /** One line. */
  readonly title: string
  /** Whether consumers fail now or will within a day. */
  readonly urgent: boolean
  /** The beginning, without a heading: how urgent it is, and what failed. */
  readonly lead: readonly Block[]
  readonly sections: readonly Section[]
}

/** A part of an alert with a heading. */
export interface Section {
  readonly heading: string
  readonly blocks: readonly Block[]
}

/** A paragraph, a list or a table. */
export type Block =
  | { readonly paragraph: readonly Inline[] }
  | { readonly list: readonly (readonly Inline[])[] }
  | { readonly heads: readonly string[]; readonly rows: readonly (readonly (readonly Inline[])[])[] }

/** A piece of a line: a text, something emphasized, a name to be shown as it is, or a link. */
export type Inline =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  | { readonly link: string; readonly url: string }

/** Writes an alert as Markdown for an issue or a comment, without its title. */
export function renderMarkdown({ lead, sections }: Pick<AlertContent, 'lead' | 'sections'>): string {
  return [
    ...lead.map(renderBlock),
    ...sections.flatMap(({ heading, blocks }) => [`### ${inline(heading)}`, ...blocks.map(renderBlock)])
  ].join('\n\n')
}

function renderBlock(block: Block): string {
  if ('paragraph' in block) return renderInlines(block.paragraph)
  if ('list' in block) return block.list.map((item) => `- ${renderInlines(item)}`).join('\n')
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    row(block.heads.map(inline)),
    row(block.heads.map(() => '---')),
    ...block.rows.map((cells) => row(cells.map(renderInlines)))
  ].join('\n')
}

function renderInlines(pieces: readonly Inline[]): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return inline(piece)
      if ('strong' in piece) return `**${inline(piece.strong).trim()}**`
      if ('code' in piece) return code(piece.code)
      return /^https?:\/\//i.test(piece.url)
        ? `[${inline(piece.link)}](${escapeUrl(piece.url)})`
        : inline(piece.link)
    })
    .join('')
}

/** A text in which what stands between backticks is a name or a line to be copied, and is shown as it is. */
export function withCode(text: string): readonly Inline[] {
  return text
    .split(/`([^`\n]+)`/)
    .map((piece, index): Inline => (index % 2 === 1 ? { code: piece } : piece))
    .filter((piece) => piece !== '')
}

/** The same as Markdown, inside one line. */
export function prose(text: string): string {
  return renderInlines(withCode(text))
}

/** What GitHub makes a link of by itself, without what only ends the sentence. */
const BARE_LINKS = /((?:https?|ftp):\/\/|(?<![a-z0-9])www\.)[^\s<>`]*[^\s<>`.,;:!?'"*_~)\]}]/giu

/**
 * A text inside one line of Markdown, which reads as it is: no markup, no entity, and nothing that GitHub makes a link, a mention or a reference of.
 * A URL is shown as code, so that it can be copied.
 */
export function inline(text: string): string {
  const line = visible(text)
  let shown = ''
  let done = 0
  for (const { 0: link, index } of line.matchAll(BARE_LINKS)) {
    shown += `${escapeMarkup(line.slice(done, index))}${code(link)}`
    done = index + link.length
  }
  return (shown + escapeMarkup(line.slice(done)))
    .replace(/^( *)([-+=])/, '$1\\$2')
    .replace(/^( *\d+)([.)])/, '$1\\$2')
}

/** A name as it is, which is no markup; nothing for a name without characters. */
export function code(text: string): string {
  const name = visible(text).replace(/[`|]/g, ' ').replaceAll('<!--', '<! --')
  return name.trim() === '' ? '' : `\`${name}\``
}

/** On one line, without what can't be seen or changes the direction of what stands around it. */
function visible(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/\p{Cf}/gu, '')
}

/** GitHub looks for mentions and references in the text that is left when escapes are undone, so that only a character between keeps them apart. */
function escapeMarkup(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>&#|~]/g, (character) => `\\${character}`)
    .replace(/@/g, '@\u200b')
    .replace(/#(?=\d)/g, '#\u200b')
    .replace(/\b(GH-)(?=\d)/gi, '$1\u200b')
    .replace(/:(?=\/\/)/g, ':\u200b')
    .replace(/(www)(?=\.)/gi, '$1\u200b')
}

/** A URL that can't end the link that it stands in. */
function escapeUrl(url: string): string {
  return url
    .replace(/[\s()<>\\`|]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll('&', '&amp;')
}
