import { blocksOf, read, type Block } from '../contract/repository.ts'

/** A row of a table, by the names of its columns. */
export type Row = Readonly<Record<string, string>>

/** One numbered step of the README's quick start, as it stands there. */
export interface QuickStartStep {
  /** The heading without its number. */
  readonly title: string
  /** The paragraphs and items outside of blocks and tables, each in one line. */
  readonly paragraphs: readonly string[]
  readonly blocks: readonly Block[]
  readonly rows: readonly Row[]
}

/** Every step of the README's quick start, in its order. */
export function readQuickStart(): readonly QuickStartStep[] {
  const lines = read('README.md').split('\n')
  const start = lines.indexOf('## Quick start')
  const after = lines.findIndex((line, index) => index > start && line.startsWith('## '))
  if (start < 0 || after < 0) throw new Error('README.md has no quick start')
  const blocks = blocksOf('README.md')
  const isInBlock = (line: number): boolean =>
    blocks.some((block) => line >= block.line && line <= block.line + block.text.split('\n').length)
  const headings = lines.flatMap((line, index) =>
    index > start && index < after && /^### \d+\. /.test(line) && !isInBlock(index + 1) ? [index] : []
  )
  return headings.map((heading, index) => {
    const end = headings[index + 1] ?? after
    const own = lines.slice(heading + 1, end).filter((_line, at) => !isInBlock(heading + 2 + at))
    return {
      title: lines[heading]!.replace(/^### \d+\. /, ''),
      paragraphs: own
        .filter((line) => !line.startsWith('|'))
        .join('\n')
        .split(/\n\n+|\n(?=- )/)
        .map((paragraph) => paragraph.trim().replaceAll(/\s+/g, ' '))
        .filter((paragraph) => paragraph !== ''),
      blocks: blocks.filter(({ line }) => line > heading && line <= end),
      rows: parseRows(own.filter((line) => line.startsWith('|')))
    }
  })
}

/** The names in code of a text, e.g. of a cell that has several. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
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
