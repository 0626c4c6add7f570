import type { Block, PageBlock } from '../../markdown/document.ts'
import { writeMarkdown } from '../../markdown/write.ts'

/** Content of an alert as plain data: it is shown as Markdown, as text and as HTML. */
export interface AlertContent {
  /** One line. */
  readonly title: string
  /** Whether consumers fail now or will within a day. */
  readonly urgent: boolean
  /** The beginning, without a heading: how urgent it is, and what failed. */
  readonly lead: readonly Block[]
  readonly sections: readonly Section[]
}

/** Part of an alert with a heading. */
export interface Section {
  readonly heading: string
  readonly blocks: readonly Block[]
  /** Folded away where that is possible: something to look up. */
  readonly folded?: true
}

/** Writes an alert as Markdown for an issue or a comment, without its title. */
export function renderMarkdown({ lead, sections }: Pick<AlertContent, 'lead' | 'sections'>): string {
  return writeMarkdown([
    ...lead,
    ...sections.flatMap(({ heading, blocks, folded }): readonly PageBlock[] =>
      folded === true ? [{ details: blocks, title: heading }] : [{ heading, level: 3 }, ...blocks]
    )
  ])
}
