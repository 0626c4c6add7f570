import { RotationError, asRotationError } from '../../kernel/error.ts'
import type { Finding } from '../model/finding.ts'
import { leaveUnread, namesOf, type ObservedCredential, type ObservedDestination } from '../plan/observe.ts'
import type { CredentialObject, Destination } from '../model/ports.ts'
import { hasTwoSlots, type RotationContext } from '../model/rotation.ts'
import { idOf, settleVerdicts } from '../plan/verdict.ts'

/** Something that could not be read, or that would stop a rotation. */
export interface ReadFailure {
  /** What it is about. */
  readonly on: string
  readonly error: RotationError
}

/** Everything about a rotation that could be read, whatever else could not. */
export interface Inspection {
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Credentials whose list could be read. */
  readonly credentials: readonly ObservedCredential[]
  /** Destinations that could be read. */
  readonly destinations: readonly {
    readonly destination: Destination
    readonly entries: ObservedDestination
  }[]
  readonly lockedBy: string | undefined
  /** What destinations and credentials say of themselves. */
  readonly inspected: readonly Finding[]
  readonly readFailures: readonly ReadFailure[]
}

/** Reads what a rotation would read, and goes on past what can't be read; changes nothing, and uses no SECONDARY. */
export async function inspect(context: RotationContext): Promise<Inspection> {
  const { rotation, values, clock } = context
  const startedAt = clock.now()
  const readFailures: ReadFailure[] = []
  const attempt = async <T>(on: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read()
    } catch (thrown) {
      readFailures.push({ on, error: asRotationError(thrown) })
      return undefined
    }
  }
  const [lock, credentials, destinations] = await Promise.all([
    attempt('the lock', async () => {
      const beginning = await rotation.lock.begin()
      if (beginning.state === 'open') await beginning.abandon()
      return beginning
    }),
    Promise.all(
      rotation.credentials.map(async (credential) => {
        const primary = values.of(credential, 'primary')
        const [reading, objects] = await Promise.all([
          primary === undefined
            ? ({ state: 'missing' } as const)
            : attempt(credential.name, () => credential.identify(primary)),
          attempt(credential.name, () => credential.list())
        ])
        return { credential, values: primary, reading: reading ?? { state: 'missing' as const }, objects }
      })
    ),
    Promise.all(
      rotation.destinations.map(async (destination) => ({
        destination,
        entries: await attempt(destination.label, () => destination.observe(namesOf(rotation)))
      }))
    )
  ])
  const found = credentials.flatMap(({ credential, values: given, reading, objects }) => {
    if (objects === undefined) return []
    const observed: ObservedCredential = { credential, primary: { values: given, reading }, objects }
    if (!hasTwoSlots(credential)) return [observed]
    return [{ ...observed, secondary: leaveUnread(values, credential) }]
  })
  const seen = { destinations: destinations.flatMap(({ entries }) => entries ?? []) }
  const { credentials: listed } = settleVerdicts(
    { rotation, observation: seen },
    { ...seen, startedAt, credentials: found }
  )
  for (const { credential, primary } of listed) {
    if (primary.reading.state === 'unreadable')
      readFailures.push({ on: credential.name, error: primary.reading.error })
  }
  const [prepared] = await Promise.all([
    Promise.all(
      listed.map((observed) =>
        attempt(observed.credential.name, () => observed.credential.prepare(findPredecessor(observed)))
      )
    ),
    Promise.all(listed.map((observed) => attempt(observed.credential.name, () => tryProbes(observed))))
  ])
  const inspected = await Promise.all(
    destinations.map(async ({ destination, entries }) =>
      entries === undefined ? [] : ((await destination.inspect?.(namesOf(rotation))) ?? [])
    )
  )
  return {
    startedAt,
    credentials: listed,
    destinations: destinations.flatMap(({ destination, entries }) =>
      entries === undefined ? [] : [{ destination, entries }]
    ),
    lockedBy: lock?.state === 'held' ? lock.by : undefined,
    inspected: [...prepared.flatMap((findings) => findings ?? []), ...inspected.flat()],
    readFailures: readFailures
  }
}

/** Whether PRIMARY does what the configuration wants of it; what may change things is left alone. */
async function tryProbes({ credential, primary }: ObservedCredential): Promise<void> {
  const { values, reading } = primary
  if (values === undefined || reading.state !== 'working') return
  const checks = credential.probes.filter(({ readsOnly }) => readsOnly)
  const evidence = await Promise.all(checks.map((probe) => probe.run(values)))
  const failed = evidence.find(({ verdict }) => verdict !== 'passed')
  if (failed === undefined) return
  throw new RotationError(
    'probe-failed',
    `${credential.name}: PRIMARY does not pass the probe "${failed.label}": ${failed.detail}`,
    failed.hint === undefined ? {} : { hint: failed.hint }
  )
}

function findPredecessor({
  primary: { reading },
  objects
}: ObservedCredential): CredentialObject | undefined {
  return objects.find(({ id }) => id === idOf(reading))
}
