import { shortenId, type Block, type Inline } from '../../markdown/document.ts'
import { formatTime } from '../../markdown/time.ts'
import { cut, type WebhookFormat } from './format.ts'

/** Longest message of a Teams webhook, in bytes; Microsoft's documentation. */
const MAX_BYTES = 28 * 1024
/** Longest text of one block, so that a message stays within its limit. */
const MAX_TEXT = 2_000

/** An Adaptive Card for a webhook of Microsoft Teams, made by its Workflows. */
export const formatTeams: WebhookFormat = ({ content, record }) => {
  const body = bodyOf(content)
  const card = (blocks: readonly TextBlock[]) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: blocks,
          actions: [{ type: 'Action.OpenUrl', title: 'Open the run', url: record.run.url }]
        }
      }
    ]
  })
  // The beginning says how urgent it is: what does not fit is at the end.
  let length = body.length
  while (length > 1 && Buffer.byteLength(JSON.stringify(card(body.slice(0, length)))) > MAX_BYTES) length--
  return card(body.slice(0, length))
}

interface TextBlock {
  readonly type: 'TextBlock'
  readonly text: string
  readonly wrap: true
  readonly weight?: 'Bolder'
  readonly size?: 'Large'
}

function bodyOf({ title, lead, sections }: Parameters<WebhookFormat>[0]['content']): readonly TextBlock[] {
  return [
    { type: 'TextBlock', text: escape(title), wrap: true, weight: 'Bolder', size: 'Large' },
    ...lead.map(toText),
    ...sections
      .filter(({ folded }) => folded !== true)
      .flatMap(({ heading, blocks }): readonly TextBlock[] => [
        { type: 'TextBlock', text: escape(heading), wrap: true, weight: 'Bolder' },
        ...blocks.map(toText)
      ])
  ]
}

function toText(block: Block): TextBlock {
  return { type: 'TextBlock', text: cut(writeBlock(block), MAX_TEXT), wrap: true }
}

function writeBlock(block: Block): string {
  if ('paragraph' in block) return writeInlines(block.paragraph)
  if ('list' in block) return block.list.map((item) => `- ${writeInlines(item)}`).join('\n')
  return block.rows.map((cells) => `- ${cells.map(writeInlines).join(': ')}`).join('\n')
}

/** Adaptive Cards know bold text, lists and links of Markdown, and no code. */
function writeInlines(pieces: readonly Inline[]): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return escape(piece)
      if ('strong' in piece) return `**${writeInlines(piece.strong).trim()}**`
      if ('code' in piece) return escape(piece.code)
      if ('id' in piece) return escape(shortenId(piece.id))
      if ('time' in piece) return formatTime(piece.time)
      return `[${escape(piece.link)}](${piece.url.replaceAll(/[()\s]/g, encodeURIComponent)})`
    })
    .join('')
}

function escape(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').replace(/([\\*_[\]()#>~`])/g, '\\$1')
}
