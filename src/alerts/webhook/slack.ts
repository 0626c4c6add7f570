import { shortenId, type Block, type Inline } from '../../markdown/document.ts'
import { formatTime } from '../../markdown/time.ts'
import { cut, type WebhookFormat } from './format.ts'

/** Longest header; Slack's reference of Block Kit. */
const MAX_HEADER = 150
/** Short enough to be read in a channel: Slack takes sections of 3,000 characters and 50 blocks. */
const MAX_SECTION = 1_500
const MAX_SECTIONS = 12

/** A message of Slack's incoming webhooks, in Block Kit. */
export const formatSlack: WebhookFormat = ({ content, record }) => {
  const { title, lead, sections } = content
  const texts = [
    ...lead.map(writeBlock),
    ...sections
      .filter(({ folded }) => folded !== true)
      .map(({ heading, blocks }) => [`*${escape(heading)}*`, ...blocks.map(writeBlock)].join('\n'))
  ]
  return {
    text: escape(title),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, MAX_HEADER) } },
      ...[...texts.slice(0, MAX_SECTIONS), `<${record.run.url}|Open the run>`].map((text) => ({
        type: 'section',
        text: { type: 'mrkdwn', text: cut(text, MAX_SECTION) }
      }))
    ]
  }
}

function writeBlock(block: Block): string {
  if ('paragraph' in block) return writeInlines(block.paragraph)
  if ('list' in block) return block.list.map((item) => `• ${writeInlines(item)}`).join('\n')
  return block.rows.map((cells) => `• ${cells.map(writeInlines).join(': ')}`).join('\n')
}

function writeInlines(pieces: readonly Inline[]): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return escape(piece)
      if ('strong' in piece) return `*${writeInlines(piece.strong).trim()}*`
      if ('code' in piece) return `\`${escape(piece.code).replaceAll('`', "'")}\``
      if ('id' in piece) return escape(shortenId(piece.id))
      if ('time' in piece) return formatTime(piece.time)
      return `<${escape(piece.url).replaceAll('|', '%7C')}|${escape(piece.link)}>`
    })
    .join('')
}

/** Slack reads these three as markup; its reference of formatting. */
function escape(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
}
