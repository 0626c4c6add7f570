/** What the name of a managed object says: the account is the journal, and this is its handwriting. */
export interface ManagedName {
  /** The home whose rotation it is, see {@link Home}. */
  readonly home: string
  readonly rotation: string
  readonly credential: string
  /** When the run that made it gave it this name, in milliseconds since the epoch. */
  readonly stampedAt: number
  readonly runId: string
  readonly attempt: number
  /** No slot holds it any longer, and it waits to be revoked. */
  readonly retired?: boolean
}

/** Whose rotations these are: two repositories that rotate under the same names in one account are two homes. */
export interface Home {
  /** Eight hexadecimal characters, which every new name carries. */
  readonly id: string
  /** Every id by which this home may have named something: one for each place that feeds its runs. */
  readonly own: ReadonlySet<string>
}

/** The run in the name of a credential that was made by hand and adopted: GitHub has no run 0. */
export const UNMANAGED_RUN = { runId: '0', attempt: 0 } as const

/** Ends the name of an object that waits to be revoked. */
const RETIRED = '~old'

const PATTERN =
  /^rotate\/([0-9a-f]{8})\/([a-z0-9][a-z0-9-]{0,31})\/([a-z0-9][a-z0-9-]{0,31})\/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(\d{1,20})\.(\d{1,5})(~old)?$/

/**
 * How far the stamp in a name may be from the instant at which Cloudflare says that the object was made, in milliseconds. A run stamps the name
 * right before the call, which may be tried again for a minute; the clocks of runner and Cloudflare may differ by some minutes.
 */
const STAMP_TOLERANCE_MS = 15 * 60_000
/** How far in the future the stamp of a name may be that an object was given after it was made, in milliseconds. */
const FUTURE_TOLERANCE_MS = 24 * 3_600_000

/** Writes `rotate/<home>/<rotation>/<credential>/<UTC stamp>-<run id>.<attempt>`, at most 120 characters as Cloudflare demands of a token's name. */
export function formatManagedName(name: ManagedName): string {
  const stamp = new Date(name.stampedAt).toISOString().replace(/[-:]|\.\d{3}/g, '')
  return `rotate/${name.home}/${name.rotation}/${name.credential}/${stamp}-${name.runId}.${name.attempt}${name.retired === true ? RETIRED : ''}`
}

/** Reads such a name; answers undefined for the name of an object that is not managed. */
export function parseManagedName(text: string | undefined): ManagedName | undefined {
  const match = text === undefined ? null : PATTERN.exec(text)
  if (match === null) return undefined
  const [, home, rotation, credential, year, month, day, hour, minute, second, runId, attempt, retired] =
    match
  const stampedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(stampedAt)) return undefined
  return {
    home: home!,
    rotation: rotation!,
    credential: credential!,
    stampedAt,
    runId: runId!,
    attempt: Number(attempt),
    ...(retired === undefined ? {} : { retired: true })
  }
}

/** What Cloudflare says of an object, against which its name is held. */
export interface NamedObject {
  readonly name: string
  /** When it was made, in milliseconds; undefined where Cloudflare does not say. */
  readonly madeAt: number | undefined
  /** Whether a rotation gives the same object a new name, so that the stamp is later than the object. */
  readonly renewable: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Reads the name of an object that Cloudflare lists. Anyone who may edit the object can write such a name, so that one whose stamp does not fit
 * what Cloudflare says of the object is taken for what it is: a name that someone else wrote.
 */
export function readManagedName({ name, madeAt, renewable, now }: NamedObject): ManagedName | undefined {
  const managed = parseManagedName(name)
  if (managed === undefined || managed.stampedAt > now + FUTURE_TOLERANCE_MS) return undefined
  if (renewable || madeAt === undefined) return managed
  return Math.abs(managed.stampedAt - madeAt) <= STAMP_TOLERANCE_MS ? managed : undefined
}
