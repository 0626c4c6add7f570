import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The root of the repository. */
export const root = join(import.meta.dirname, '..', '..')

/** Every file that is committed or could be, by its path from the root, with slashes. */
export function listFiles(pattern: RegExp): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024
  })
  // git still lists a file that was deleted but not committed.
  const exists = (file: string): boolean =>
    statSync(join(root, file), { throwIfNoEntry: false })?.isFile() === true
  return [...new Set(listed.split('\0'))].filter((file) => pattern.test(file) && exists(file))
}

/** The text of a file, by its path from the root. */
export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}

/** A fenced block of a Markdown file. */
export interface Block {
  readonly file: string
  readonly line: number
  readonly language: string
  readonly text: string
}

/** Every Markdown file. */
export const markdownFiles = listFiles(/\.md$/)

/** The fenced blocks of a Markdown file. */
export function blocksOf(file: string): readonly Block[] {
  const blocks: Block[] = []
  const lines = read(file).split('\n')
  for (let start = 0; start < lines.length; start++) {
    const fence = /^(`{3,})([\w-]*)/.exec(lines[start]!)
    if (fence === null) continue
    const end = lines.findIndex((line, index) => index > start && line === fence[1])
    if (end < 0) throw new Error(`${file}:${start + 1}: the block is not closed`)
    blocks.push({
      file,
      line: start + 1,
      language: fence[2]!,
      text: `${lines.slice(start + 1, end).join('\n')}\n`
    })
    start = end
  }
  return blocks
}

/** A workflow, from a file of its own or from a block of a document. */
export interface WorkflowText {
  /** The path, with the line where it is a block. */
  readonly name: string
  readonly text: string
}

/** Every workflow: ours, the examples', and those that the documents show. */
export function listWorkflows(): readonly WorkflowText[] {
  const isWorkflow = (text: string): boolean => /^jobs:/m.test(text)
  return [
    ...listFiles(/^(\.github\/workflows|examples)\/.*\.ya?ml$/)
      .map((name) => ({ name, text: read(name) }))
      .filter(({ text }) => isWorkflow(text)),
    ...markdownFiles
      .flatMap(blocksOf)
      .filter(({ language, text }) => language === 'yaml' && isWorkflow(text))
      .map(({ file, line, text }) => ({ name: `${file}:${line}`, text }))
  ]
}
