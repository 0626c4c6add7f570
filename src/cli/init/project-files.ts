import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RotationError } from '../../kernel/error.ts'

/**
 * Checks that no file would be replaced by another text.
 * @param files texts by path, or undefined where the text is not known yet
 * @throws RotationError `bad-input` that names every file that differs
 */
export function requireReplaceable(directory: string, files: ReadonlyMap<string, string>): void {
  const differing = [...files].flatMap(([path, text]) => {
    const known = findText(join(directory, path))
    return known === undefined || known === text ? [] : [path]
  })
  if (differing.length === 0) return
  throw new RotationError(
    'bad-input',
    `${differing.join(' and ')} exist and differ from what init would write.`,
    {
      hint: 'Move them away, or replace them with --overwrite.'
    }
  )
}

/** The text of a file; undefined where there is none. */
export function findText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Writes files below a directory. */
export function writeProjectFiles(directory: string, files: ReadonlyMap<string, string>): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
}
