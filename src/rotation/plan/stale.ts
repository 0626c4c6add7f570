import { allOrFirstError } from '../../kernel/settle.ts'
import { SERVER_CLOCK_TOLERANCE_MS, formatInstant } from '../../kernel/clock.ts'
import { RotationError, asRotationError } from '../../kernel/error.ts'
import { findHeldObject, type Observation, type ObservedCredential } from '../model/observed-credential.ts'
import type { CredentialObject } from '../model/ports.ts'
import { isOwn, secretsAt, type Rotation, type RotationContext, type RunIdentity } from '../model/rotation.ts'

/** Facts that decide whether the run's values are stale. */
export interface StaleInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly run: RunIdentity
  /** When this run was queued, in milliseconds; undefined where GitHub does not say. */
  readonly queuedAt: number | undefined
}

/** Longest time that a queued run waits for a runner: where the queue time is unknown, the run's values are at most this old. */
const LONGEST_QUEUE_MS = 24 * 60 * 60 * 1000

/**
 * Finds the objects that are newer than PRIMARY's, where the run was given that: leftovers of a killed run, or promoted by a rotation after this run got its values. Objects of
 * this very run are its own leftovers.
 */
function findNewerObjects(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>,
  run: RunIdentity
): readonly CredentialObject[] {
  if (observed.credential.current === 'unknown') return []
  const held = findHeldObject(observed, 'primary')
  return observed.objects.filter((object) => {
    const { managed } = object
    if (managed === undefined || !isOwn(rotation, observed.credential.name, object)) return false
    if (object.status !== 'active' || object.id === held?.id) return false
    if (managed.runId === run.runId && managed.attempt >= run.attempt) return false
    return held?.issuedAt === undefined || object.issuedAt === undefined || object.issuedAt > held.issuedAt
  })
}

/**
 * Finds the object that PRIMARY holds, where another run has given it a new secret in place since this run may have got its values. The values
 * identify the same object either way; only its name says who renewed it last.
 */
function findRenewed(
  observed: ObservedCredential,
  run: RunIdentity,
  since: number
): readonly CredentialObject[] {
  const { credential } = observed
  if (!credential.inPlace || credential.refresh !== undefined) return []
  const held = findHeldObject(observed, 'primary')
  if (held?.managed === undefined || held.managed.runId === run.runId) return []
  return (held.issuedAt ?? 0) > since ? [held] : []
}

/** Whether another run may recently have promoted a newer credential than this run was given. */
export function mayBeOutdated(
  observed: ObservedCredential,
  { rotation, observation, run }: Pick<StaleInput, 'rotation' | 'observation' | 'run'>
): boolean {
  const since = observation.startedAt - LONGEST_QUEUE_MS
  return findNewerObjects(observed, rotation, run).length > 0 || findRenewed(observed, run, since).length > 0
}

/**
 * Finds the reason for which this run's values are older than the last rotation; undefined when they are not. They are older when the run that
 * created a newer object wrote PRIMARY after this run's secrets can have been read. That must hold at every destination that feeds runs: one that a
 * killed run did not reach may be where this run's values come from.
 */
export function findStaleness(input: StaleInput): string | undefined {
  const { rotation, observation, run } = input
  const snapshot = input.queuedAt ?? observation.startedAt - LONGEST_QUEUE_MS
  for (const observed of observation.credentials) {
    const candidates = [...findNewerObjects(observed, rotation, run), ...findRenewed(observed, run, snapshot)]
    for (const newer of candidates) {
      if (newer.issuedAt === undefined) continue
      if (wasPromotedAfter(input, observed, newer, { snapshot, issuedAt: newer.issuedAt })) {
        return (
          `${observed.credential.name}: ${newer.id} was promoted by run ${newer.managed?.runId ?? '?'} at ${formatInstant(newer.issuedAt)}, ` +
          'after this run was queued, so the values that this run was given are no longer current.'
        )
      }
    }
  }
  return undefined
}

/**
 * Each destination is asked whether it shows the newer object: by the id that it reports, or, where it feeds runs, by when it was written. One that shows
 * the older state outvotes all others.
 */
function wasPromotedAfter(
  { observation }: StaleInput,
  observed: ObservedCredential,
  newer: CredentialObject,
  { snapshot, issuedAt }: { snapshot: number; issuedAt: number }
): boolean {
  const places = observation.destinations.flatMap(({ destination, entries }) =>
    observed.credential.fields
      .flatMap(({ primary }) => destination.namesOf(primary))
      .map((name) => ({ destination, entry: entries.get(name) }))
  )
  const verdicts = places.map(({ destination, entry }): 'newer' | 'older' | 'silent' => {
    if (entry === undefined) return destination.writeOnly === true ? 'silent' : 'older'
    if (entry.holds !== undefined) return entry.holds === newer.id ? 'newer' : 'older'
    if (!destination.feedsNextRun || entry.updatedAt === undefined) return 'silent'
    // Both times of the second comparison are GitHub's, in whole seconds.
    const rewritten =
      entry.updatedAt + SERVER_CLOCK_TOLERANCE_MS >= issuedAt &&
      entry.updatedAt >= Math.floor(snapshot / 1000) * 1000
    return rewritten ? 'newer' : 'older'
  })
  return verdicts.includes('newer') && !verdicts.includes('older')
}

/**
 * For a run whose tokens are all refused, so that nothing can be read from Cloudflare: finds whether PRIMARY was written after this run was queued,
 * at a destination that feeds runs; undefined where that cannot be told.
 */
async function findNewerWrites({ rotation, runs }: RotationContext): Promise<string | undefined> {
  const feeding = rotation.destinations.filter(({ feedsNextRun }) => feedsNextRun)
  const primaries = rotation.credentials.flatMap(({ fields }) => fields.map(({ primary }) => primary))
  try {
    const [queuedAt, observed] = await allOrFirstError([
      runs.queuedAt(),
      allOrFirstError(
        feeding.map(async (destination) => ({
          names: primaries.flatMap((variable) => destination.namesOf(variable)),
          entries: await destination.observe(secretsAt(rotation, destination))
        }))
      )
    ])
    if (queuedAt === undefined) return undefined
    const queued = Math.floor(queuedAt / 1000) * 1000
    const newer = observed.some(
      ({ names, entries }) =>
        names.length > 0 && names.every((name) => (entries.get(name)?.updatedAt ?? 0) >= queued)
    )
    return newer
      ? `PRIMARY was written after this run was queued at ${formatInstant(queuedAt)}, and what this run was given is refused.`
      : undefined
  } catch (thrown) {
    if (thrown instanceof RotationError) return undefined
    throw thrown
  }
}

/**
 * Explains a first read that was refused by a newer rotation, after which all of this run's tokens are revoked.
 * @throws what was thrown, where that is not the reason
 */
export async function explainRefusal(context: RotationContext, thrown: unknown): Promise<string> {
  const error = asRotationError(thrown)
  const reason = error.code === 'refused' ? await findNewerWrites(context) : undefined
  if (reason === undefined) throw error
  return reason
}
