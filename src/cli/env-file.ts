import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { RotationError } from '../kernel/error.ts'

/** Values of a file with `NAME=value` lines. */
export interface EnvFile {
  readonly path: string
  find(name: string): string | undefined
  /** When it was last changed, in milliseconds since the epoch. */
  readonly modifiedAt: number
  /** Whether users other than its owner may read it. */
  readonly isOpen: boolean
}

/** The file that is read where none is named. */
const DEFAULT = '.env'
/** The largest file, in bytes. */
const MAX_BYTES = 1024 * 1024
/** Permissions of group and others. */
const OTHERS = 0o077

/**
 * Reads the values of a file; undefined where none was named and there is no `.env`.
 * @throws RotationError `bad-input` when it cannot be read
 */
export function readEnvFile(named: string | undefined, directory: string): EnvFile | undefined {
  const path = named ?? DEFAULT
  const full = resolve(directory, path)
  try {
    const stats = statSync(full)
    if (stats.size > MAX_BYTES) throw unreadable(path, `it is larger than ${MAX_BYTES / 1024} KiB`)
    const values = parseEnv(readFileSync(full, 'utf8'))
    return {
      path,
      find: (name) => values[name],
      modifiedAt: stats.mtimeMs,
      // Windows keeps permissions elsewhere.
      isOpen: process.platform !== 'win32' && (stats.mode & OTHERS) !== 0
    }
  } catch (thrown) {
    if (thrown instanceof RotationError) throw thrown
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' && named === undefined) return undefined
    throw unreadable(
      path,
      code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code ?? 'unknown'})`
    )
  }
}

function unreadable(path: string, reason: string): RotationError {
  return new RotationError('bad-input', `${path}: ${reason}.`, { hint: 'Check --env-file.' })
}
