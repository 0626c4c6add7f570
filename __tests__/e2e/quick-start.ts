import { join } from 'node:path'
import { blocksOf, read, type Block } from '../contract/repository.ts'

/** A row of a table, by the names of its columns. */
export type Row = Readonly<Record<string, string>>

/** One step of the documented set-up. */
export interface SetUpStep {
  /** The heading without its number. */
  readonly title: string
  /** The paragraphs and items outside of blocks and tables, each in one line. */
  readonly paragraphs: readonly string[]
  readonly blocks: readonly Pick<Block, 'text'>[]
  readonly rows: readonly Row[]
}

const SET_UP = 'docs/set-up-api-tokens.md'
/** The numbered steps of the page that sets up API tokens, in its order. */
export function readSetUp(): readonly SetUpStep[] {
  const lines = read(SET_UP).split('\n')
  const blocks = blocksOf(SET_UP)
  const isInBlock = (line: number): boolean =>
    blocks.some((block) => line >= block.line && line <= block.line + block.text.split('\n').length)
  const headings = lines.flatMap((line, index) =>
    line.startsWith('## ') && !isInBlock(index + 1) ? [index] : []
  )
  return headings.flatMap((heading, index) => {
    const [, title] = /^## \d+\. (.+)$/.exec(lines[heading]!) ?? []
    if (title === undefined) return []
    const end = headings[index + 1] ?? lines.length
    const own = lines.slice(heading + 1, end).filter((_line, at) => !isInBlock(heading + 2 + at))
    const paragraphs = splitParagraphs(own.filter((line) => !line.startsWith('|')))
    const shown = blocks.filter(({ line }) => line > heading && line <= end)
    return [
      {
        title,
        paragraphs,
        blocks: [...shown, ...linkedFiles(paragraphs)],
        rows: parseRows(own.filter((line) => line.startsWith('|')))
      }
    ]
  })
}

/** The names in code of a text, e.g. of a cell that has several. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
}

/** The permission groups of a cell or a sentence, e.g. `_A Write_ and _B Write_`. */
export function permissionsIn(text: string): readonly string[] {
  const groups = [...text.matchAll(/_([^_]+ Write)_/g)].map(([, group]) => group!)
  return groups.length > 0 ? groups : [text]
}

/** The files that a step tells to commit by a link, as blocks. */
function linkedFiles(paragraphs: readonly string[]): readonly Pick<Block, 'text'>[] {
  return paragraphs.flatMap((paragraph) => {
    const [, link] = /^Commit \[[^\]]+\]\(([^)]+)\) as /.exec(paragraph) ?? []
    return link === undefined ? [] : [{ text: read(join('docs', link)) }]
  })
}

function splitParagraphs(lines: readonly string[]): readonly string[] {
  return lines
    .join('\n')
    .split(/\n\n+|\n(?=- )/)
    .map((paragraph) => paragraph.trim().replaceAll(/\s+/g, ' '))
    .filter((paragraph) => paragraph !== '')
}

function parseRows(lines: readonly string[]): readonly Row[] {
  const cells = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  )
  const [names = [], , ...rows] = cells
  return rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index] ?? ''])))
}
