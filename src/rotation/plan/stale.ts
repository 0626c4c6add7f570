import { allOrFirstError } from '../../kernel/settle.ts'
import { SERVER_CLOCK_TOLERANCE_MS, formatInstant } from '../../kernel/clock.ts'
import { RotationError, asRotationError } from '../../kernel/error.ts'
import { findHeldObject, type Observation, type ObservedCredential } from '../model/observed-credential.ts'
import { namesOf } from './observe.ts'
import type { CredentialObject } from '../model/ports.ts'
import { isOwn, type Rotation, type RotationContext, type RunIdentity } from '../model/rotation.ts'

/** What is known beyond the observation when it is in doubt whether the run's values are of today. */
export interface StaleInput {
  readonly rotation: Rotation
  readonly observation: Observation
  readonly run: RunIdentity
  /** When this run was queued, in milliseconds; undefined where GitHub does not say. */
  readonly queuedAt: number | undefined
}

/** Where the queue time can't be told: a queued run waits at most so long for a runner, so its values are no older. */
const LONGEST_QUEUE_MS = 24 * 60 * 60 * 1000

/**
 * The objects that are newer than what PRIMARY holds: left over by a run that died, or promoted by a rotation that this run's values are from
 * before. Objects of this very run are its own leftovers.
 */
export function findNewerObjects(
  observed: ObservedCredential,
  rotation: Pick<Rotation, 'name' | 'home'>,
  run: RunIdentity
): readonly CredentialObject[] {
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
 * The object that PRIMARY held, where another run has given it a new secret in place since this run can have been given its values: the values tell
 * the same object either way, and only its name says who renewed it last.
 */
export function findRenewed(
  observed: ObservedCredential,
  run: RunIdentity,
  since: number
): readonly CredentialObject[] {
  if (!observed.credential.inPlace) return []
  const held = findHeldObject(observed, 'primary')
  if (held?.managed === undefined || held.managed.runId === run.runId) return []
  return (held.issuedAt ?? 0) > since ? [held] : []
}

/** Whether what another run did lately may be newer than the values that this run was given. */
export function mayBeOutdated(
  observed: ObservedCredential,
  { rotation, observation, run }: Pick<StaleInput, 'rotation' | 'observation' | 'run'>
): boolean {
  const since = observation.startedAt - LONGEST_QUEUE_MS
  return findNewerObjects(observed, rotation, run).length > 0 || findRenewed(observed, run, since).length > 0
}

/**
 * Says why this run's values are from before a newer rotation, or undefined when they are not. They are when PRIMARY was written by a run that
 * made a newer object, after the moment at which this run's secrets can have been read: at every destination that feeds runs, since one that
 * was not reached by a run that died is what this run's values come from.
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

function wasPromotedAfter(
  { observation }: StaleInput,
  observed: ObservedCredential,
  newer: CredentialObject,
  { snapshot, issuedAt }: { snapshot: number; issuedAt: number }
): boolean {
  const verdicts = observation.destinations.flatMap(({ destination, entries }) =>
    observed.credential.fields.map(({ primary }): 'newer' | 'older' | 'silent' => {
      const entry = entries.get(primary)
      if (entry === undefined) return 'older'
      if (entry.holds !== undefined) return entry.holds === newer.id ? 'newer' : 'older'
      if (!destination.feedsNextRun || entry.updatedAt === undefined) return 'silent'
      // Both times of the second comparison are GitHub's, in whole seconds.
      const rewritten =
        entry.updatedAt + SERVER_CLOCK_TOLERANCE_MS >= issuedAt &&
        entry.updatedAt >= Math.floor(snapshot / 1000) * 1000
      return rewritten ? 'newer' : 'older'
    })
  )
  return verdicts.includes('newer') && !verdicts.includes('older')
}

/**
 * For a run whose tokens are all refused, so that nothing can be read at Cloudflare: says that PRIMARY was written at a destination that feeds
 * runs after this run was queued, or undefined where that can't be told.
 */
export async function findNewerWrites({ rotation, runs }: RotationContext): Promise<string | undefined> {
  const feeding = rotation.destinations.filter(({ feedsNextRun }) => feedsNextRun)
  try {
    const [queuedAt, entries] = await allOrFirstError([
      runs.queuedAt(),
      allOrFirstError(feeding.map((destination) => destination.observe(namesOf(rotation))))
    ])
    if (queuedAt === undefined) return undefined
    const queued = Math.floor(queuedAt / 1000) * 1000
    const primaries = rotation.credentials.flatMap(({ fields }) => fields.map(({ primary }) => primary))
    const newer = entries.some((byName) =>
      primaries.every((name) => (byName.get(name)?.updatedAt ?? 0) >= queued)
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
 * Says why this run's values are from before a newer rotation, where a first read was refused: its tokens are all dead then.
 * @throws what was thrown, where that is not the reason
 */
export async function explainRefusal(context: RotationContext, thrown: unknown): Promise<string> {
  const error = asRotationError(thrown)
  const reason = error.code === 'refused' ? await findNewerWrites(context) : undefined
  if (reason === undefined) throw error
  return reason
}
