/** What the name of a managed object says: the account is the journal, and this is its handwriting. */
export interface ManagedName {
  readonly rotation: string
  readonly credential: string
  /** When the run that made it gave it this name, in milliseconds since the epoch. */
  readonly stampedAt: number
  readonly runId: string
  readonly attempt: number
  /** No slot holds it any longer, and it waits to be revoked. */
  readonly retired?: boolean
}

/** The run in the name of what was made by hand and taken over: there is no run 0. */
export const BY_HAND = { runId: '0', attempt: 0 } as const

/** Stands at the end of the name of an object that waits to be revoked. */
const RETIRED = '~retired'

const PATTERN =
  /^rotate\/([a-z0-9][a-z0-9-]{0,31})\/([a-z0-9][a-z0-9-]{0,31})\/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(\d{1,20})\.(\d{1,5})(~retired)?$/

/** Writes `rotate/<rotation>/<credential>/<UTC stamp>-<run id>.<attempt>`, at most 120 characters as Cloudflare demands of a token's name. */
export function formatManagedName(name: ManagedName): string {
  const stamp = new Date(name.stampedAt).toISOString().replace(/[-:]|\.\d{3}/g, '')
  return `rotate/${name.rotation}/${name.credential}/${stamp}-${name.runId}.${name.attempt}${name.retired === true ? RETIRED : ''}`
}

/** Reads such a name; answers undefined for the name of an object that is not managed. */
export function parseManagedName(text: string | undefined): ManagedName | undefined {
  const match = text === undefined ? null : PATTERN.exec(text)
  if (match === null) return undefined
  const [, rotation, credential, year, month, day, hour, minute, second, runId, attempt, retired] = match
  const stampedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(stampedAt)) return undefined
  return {
    rotation: rotation!,
    credential: credential!,
    stampedAt,
    runId: runId!,
    attempt: Number(attempt),
    ...(retired === undefined ? {} : { retired: true })
  }
}
