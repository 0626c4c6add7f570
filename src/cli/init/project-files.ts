import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RotationError } from '../../kernel/error.ts'

/**
 * Checks that no file would be replaced by another text.
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
    `${differing.join(' and ')} ${differing.length === 1 ? 'exists and differs' : 'exist and differ'} from what init would write. Nothing was changed.`,
    { hint: 'Move away what you want to keep, or replace it with --overwrite.' }
  )
}

/** The text of a file; undefined where there is none. */
function findText(path: string): string | undefined {
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
