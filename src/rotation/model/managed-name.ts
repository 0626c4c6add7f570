import { withoutUndefined } from '../../kernel/optional.ts'

/** Parts of the name of a managed object. Names in the account are the only journal. */
export interface ManagedName {
  /** Home that the rotation belongs to, see {@link Home}. */
  readonly home: string
  readonly rotation: string
  readonly credential: string
  /** When the run that created or renamed it chose this name, in milliseconds since the epoch. */
  readonly stampedAt: number
  readonly runId: string
  readonly attempt: number
  /** Set when no slot holds it any longer and it waits to be revoked. */
  readonly retired?: boolean
  /** Set until its promotion is complete, where the name alone tells that: the run is not given the current value. */
  readonly pending?: boolean
}

/** Owner of rotations: two repositories that rotate under the same names in one account are two homes. */
export interface Home {
  /** Eight hexadecimal characters; part of every new name. */
  readonly id: string
  /** Every id under which this home may have named objects: one for each place that feeds its runs. */
  readonly own: ReadonlySet<string>
}

/** Run in the name of a credential that was created by hand and adopted: GitHub has no run 0. */
export const UNMANAGED_RUN = { runId: '0', attempt: 0 } as const

/**
 * First character of the id of a run that no workflow started; GitHub's ids are numbers that begin with another digit.
 */
const OUTSIDE = '0'

/** Forms the id of a run that no workflow started. @param random ten decimal digits */
export function formOutsideRunId(random: string): string {
  return `${OUTSIDE}${random}`
}

/** Whether a run was started by something other than a workflow, so that GitHub does not know it. */
export function isOutsideRun(runId: string): boolean {
  return runId.startsWith(OUTSIDE)
}

/** Suffix of the name of an object that waits to be revoked. */
const RETIRED = '~old'

/** Suffix of the name of an object whose promotion is not complete. */
const PENDING = '~new'

const PATTERN =
  /^rotate\/([0-9a-f]{8})\/([a-z0-9][a-z0-9-]{0,31})\/([a-z0-9][a-z0-9-]{0,31})\/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-(\d{1,20})\.(\d{1,5})(~old|~new)?$/

/**
 * Largest difference, in milliseconds, between the stamp in a name and the time at which Cloudflare says that the object was created. A run stamps
 * the name right before the call, which may be retried for a minute; the clocks of runner and Cloudflare may differ by some minutes.
 */
const STAMP_TOLERANCE_MS = 15 * 60_000
/** Largest distance into the future, in milliseconds, of the stamp of an object that was renamed after its creation. */
const FUTURE_TOLERANCE_MS = 24 * 3_600_000

/**
 * Formats `rotate/<home>/<rotation>/<credential>/<UTC stamp>-<run id>.<attempt>`, at most 120 characters as Cloudflare requires of a token's name.
 */
export function formatManagedName(name: ManagedName): string {
  const stamp = new Date(name.stampedAt).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const suffix = name.retired === true ? RETIRED : name.pending === true ? PENDING : ''
  return `rotate/${name.home}/${name.rotation}/${name.credential}/${stamp}-${name.runId}.${name.attempt}${suffix}`
}

/** Parses such a name; undefined for the name of an object that is not managed. */
export function parseManagedName(text: string | undefined): ManagedName | undefined {
  const match = text === undefined ? null : PATTERN.exec(text)
  if (match === null) return undefined
  const [
    ,
    home = '',
    rotation = '',
    credential = '',
    year,
    month,
    day,
    hour,
    minute,
    second,
    runId = '',
    attempt,
    suffix
  ] = match
  const stampedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(stampedAt)) return undefined
  return withoutUndefined({
    home,
    rotation,
    credential,
    stampedAt,
    runId,
    attempt: Number(attempt),
    retired: suffix === RETIRED ? true : undefined,
    pending: suffix === PENDING ? true : undefined
  })
}

/** Object as Cloudflare lists it, which its name is checked against. */
export interface NamedObject {
  readonly name: string
  /** When it was created, in milliseconds; undefined where Cloudflare does not say. */
  readonly madeAt: number | undefined
  /** Whether rotations rename the same object, so that the stamp may be later than its creation. */
  readonly renewable: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Reads the name of an object that Cloudflare lists. Anyone who may edit the object can write such a name, so a name whose stamp does not fit the
 * object's creation is not trusted.
 */
export function readManagedName({ name, madeAt, renewable, now }: NamedObject): ManagedName | undefined {
  const managed = parseManagedName(name)
  if (managed === undefined || managed.stampedAt > now + FUTURE_TOLERANCE_MS) return undefined
  if (renewable || madeAt === undefined) return managed
  return Math.abs(managed.stampedAt - madeAt) <= STAMP_TOLERANCE_MS ? managed : undefined
}
