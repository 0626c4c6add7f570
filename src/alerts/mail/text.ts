import { shortenId, type Block, type Inline } from '../../markdown/document.ts'
import { formatTime } from '../../markdown/time.ts'
import type { AlertContent } from '../content/message.ts'

/** Writes an alert as the plain text of a mail. */
export function renderText({ lead, sections }: AlertContent): string {
  const parts = [
    ...lead.map(renderBlock),
    ...sections.flatMap(({ heading, blocks }) => [underlined(plain(heading)), ...blocks.map(renderBlock)])
  ]
  return `${parts.join('\n\n')}\n`
}

function renderBlock(block: Block): string {
  if ('paragraph' in block) return renderInlines(block.paragraph)
  if ('list' in block) return block.list.map((item) => `- ${renderInlines(item)}`).join('\n')
  return block.rows.map((cells) => cells.map(renderInlines).join(': ')).join('\n')
}

function renderInlines(pieces: readonly Inline[]): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return plain(piece)
      if ('strong' in piece) return renderInlines(piece.strong).trim()
      if ('code' in piece) return plain(piece.code)
      if ('id' in piece) return plain(shortenId(piece.id))
      if ('time' in piece) return formatTime(piece.time)
      return `${plain(piece.link)} (${plain(piece.url)})`
    })
    .join('')
}

function underlined(heading: string): string {
  return `${heading}\n${'-'.repeat(heading.length)}`
}

/** One line, without control characters. */
function plain(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ')
}
