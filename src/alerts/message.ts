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
      return `[${inline(piece.link)}](${escapeUrl(piece.url)})`
    })
    .join('')
}

/** A text inside one line of Markdown: no line breaks, nothing that could be markup, a mention or a marker. */
export function inline(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`)
    .replace(/@/g, '@\u200b')
}

function code(text: string): string {
  return `\`${text.replace(/[`\r\n|]/g, ' ').replaceAll('<!--', '<! --')}\``
}

/** A URL that can't end the link that it stands in. */
function escapeUrl(url: string): string {
  return url.replace(
    /[\s()<>\\]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  )
}
