import { INSTANT } from './time.ts'

/**
 * Piece of a line: a text, emphasis, code, a point in time (ISO) or a link. Every text is shown as it is and never read as markup.
 */
export type Inline =
  | string
  | { readonly strong: readonly Inline[] }
  | { readonly code: string }
  | { readonly time: string }
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

/** A list, where there is anything to list. */
export function listOf(items: readonly (readonly Inline[])[]): readonly Block[] {
  return items.length === 0 ? [] : [{ list: items }]
}

function splitTimes(text: string): readonly Inline[] {
  return text.split(INSTANT).map((piece, index): Inline => (index % 2 === 1 ? { time: piece } : piece))
}
