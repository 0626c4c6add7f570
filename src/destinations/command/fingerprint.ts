import { createHash } from 'node:crypto'
import type { Secret } from '../../kernel/secret.ts'

/** Name and fingerprint, with the dash by which `sha256sum` names its input. */
const LINE = /^(.+?)[ \t]+([0-9a-f]{64})(?:[ \t]+\*?-)?$/i

/**
 * Computes the fingerprint of a stored value. The name is part of it, since the SHA-256 of an API token alone is a secret of its own: the secret access
 * key of R2.
 */
export function fingerprintOf(name: string, value: Secret, end = ''): string {
  return createHash('sha256').update(`${name}=${value.reveal()}${end}`).digest('hex')
}

/**
 * Parses the lines of `confirm`: each a name and a fingerprint, as `sha256sum` prints it.
 * @returns the fingerprints by name; undefined where a line has another form, or two lines contradict each other
 */
export function parseFingerprints(output: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>()
  for (const line of output.split(/\r?\n/)) {
    if (line.trim() === '') continue
    const [, name, printed] = LINE.exec(line) ?? []
    if (name === undefined || printed === undefined) return undefined
    const fingerprint = printed.toLowerCase()
    if ((found.get(name) ?? fingerprint) !== fingerprint) return undefined
    found.set(name, fingerprint)
  }
  return found
}
