import { shortenId, type Inline, type PageBlock } from './document.ts'
import { codeSpan, escapeHtml, escapeText, escapeUrl } from './escape.ts'
import { formatTime } from './time.ts'

/** Writes blocks as GitHub's Markdown. */
export function writeMarkdown(blocks: readonly PageBlock[]): string {
  return blocks.map(writeBlock).join('\n\n')
}

function writeBlock(block: PageBlock): string {
  if ('paragraph' in block) return writeLine(block.paragraph)
  if ('list' in block) return block.list.map((item) => `- ${writeLine(item)}`).join('\n')
  if ('heading' in block) return `${'#'.repeat(block.level)} ${escapeText(block.heading)}`
  if ('small' in block) return `<sub>${writeLine(block.small)}</sub>`
  if ('fence' in block) return ['```' + block.language, ...block.fence, '```'].join('\n')
  if ('callout' in block)
    return [`[!${block.callout}]`, ...writeMarkdown(block.blocks).split('\n')].map(quote).join('\n')
  if ('details' in block) {
    const title = `<summary>${escapeHtml(block.title)}</summary>`
    return ['<details>', title, '', writeMarkdown(block.details), '', '</details>'].join('\n')
  }
  return writeTable(block)
}

function quote(line: string): string {
  return line === '' ? '>' : `> ${line}`
}

function writeTable({ heads, rows }: Extract<PageBlock, { heads: unknown }>): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    row(heads.map(escapeText)),
    row(heads.map(() => '---')),
    ...rows.map((cells) => row(cells.map((cell) => escapePipes(writeLine(cell)))))
  ].join('\n')
}

/** In a table a pipe ends the cell even inside code, where no text has escaped it yet. */
function escapePipes(cell: string): string {
  return cell.replace(/(?<!\\)\|/g, '\\|')
}

function writeLine(pieces: readonly Inline[]): string {
  return pieces.map(writePiece).join('')
}

function writePiece(piece: Inline): string {
  if (typeof piece === 'string') return escapeText(piece)
  if ('strong' in piece) return `**${writeLine(piece.strong).trim()}**`
  if ('code' in piece) return codeSpan(piece.code)
  if ('time' in piece) return unbreakable(escapeText(formatTime(piece.time)))
  // A browser would break the line after the ellipsis.
  if ('id' in piece) return escapeText(shortenId(piece.id)).replace('…', '…\u2060')
  return /^https?:\/\//i.test(piece.url)
    ? `[${escapeText(piece.link)}](${escapeUrl(piece.url)})`
    : escapeText(piece.link)
}

/** Browsers break a line at spaces and after hyphens. */
function unbreakable(text: string): string {
  return text.replaceAll(' ', '\u00a0').replaceAll('-', '\u2011')
}
