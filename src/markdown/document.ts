import { INSTANT } from './time.ts'

/**
 * Piece of a line: a text, emphasis, code, a point in time (ISO), an id of which the end is shown, or a link. Every text is shown as it is and
 * never read as markup.
 */
export type Inline =
  | string
  | { readonly strong: readonly Inline[] }
  | { readonly code: string }
  | { readonly time: string }
  | { readonly id: string }
  | { readonly link: string; readonly url: string }

/** Paragraph, list or table. It can be shown as Markdown, as plain text and as HTML. */
export type Block =
  | { readonly paragraph: readonly Inline[] }
  | { readonly list: readonly (readonly Inline[])[] }
  | { readonly heads: readonly string[]; readonly rows: readonly (readonly (readonly Inline[])[])[] }

/** Block of a page on GitHub. */
export type PageBlock =
  | Block
  | { readonly heading: string; readonly level: 2 | 3 }
  | { readonly callout: 'CAUTION' | 'WARNING'; readonly blocks: readonly Block[] }
  /** Lines that can be copied, or that GitHub draws. */
  | { readonly fence: readonly string[]; readonly language: 'yaml' | 'mermaid' }
  /** Folded away under its title. */
  | { readonly details: readonly Block[]; readonly title: string }
  | { readonly small: readonly Inline[] }

/** Splits a message into pieces: what stands between backticks is code, and an ISO instant is a time. */
export function toInlines(text: string): readonly Inline[] {
  return text
    .split(/`([^`\n]+)`/)
    .flatMap((piece, index): readonly Inline[] => (index % 2 === 1 ? [{ code: piece }] : splitTimes(piece)))
    .filter((piece) => piece !== '')
}

/** Splits a text into its ids and what stands between them. */
export function toShortIds(text: string): readonly Inline[] {
  return text
    .split(IDS)
    .map((piece, index): Inline => (index % 2 === 1 ? { id: piece } : piece))
    .filter((piece) => piece !== '')
}

/** Shortens an id to its last six characters: enough to recognise it. */
export function shortenId(id: string): string {
  return id.length <= SHORT + 2 ? id : `…${id.slice(-SHORT)}`
}

const SHORT = 6
/** 32 hexadecimal digits, or a UUID. */
const IDS = /\b([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/

/** A list, where there is anything to list. */
export function listOf(items: readonly (readonly Inline[])[]): readonly Block[] {
  return items.length === 0 ? [] : [{ list: items }]
}

function splitTimes(text: string): readonly Inline[] {
  return text.split(INSTANT).map((piece, index): Inline => (index % 2 === 1 ? { time: piece } : piece))
}
