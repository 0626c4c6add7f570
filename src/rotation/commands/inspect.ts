import { RotationError, asRotationError } from '../../kernel/error.ts'
import type { Finding } from '../model/finding.ts'
import {
  findHeldObject,
  type Observation,
  type ObservedCredential,
  type ObservedDestination
} from '../model/observed-credential.ts'
import type { Destination } from '../model/destination.ts'
import type { CredentialPort } from '../model/ports.ts'
import { hasTwoSlots, secretsAt, type RotationContext } from '../model/rotation.ts'
import { findAdoptProblem, findModel, readJournal } from '../plan/journal.ts'
import { leaveUnread, withHeld } from '../plan/observe.ts'
import { findUnseen } from '../plan/unseen.ts'
import { settleVerdicts } from '../plan/verdict.ts'

/** Failure to read something, or a problem that would stop a rotation. */
export interface ReadFailure {
  /** Subject of the failure. */
  readonly on: string
  readonly error: RotationError
}

/** Everything about a rotation that could be read, whatever else could not. */
export interface Inspection {
  /** Credentials whose list could be read, and destinations that could be read. */
  readonly observation: Observation
  readonly lockedBy: string | undefined
  /** Findings of destinations and credentials about themselves. */
  readonly inspected: readonly Finding[]
  readonly readFailures: readonly ReadFailure[]
}

/** Reads what a rotation would read, and continues past failures; changes nothing, and does not use SECONDARY. */
export async function inspect(context: RotationContext): Promise<Inspection> {
  const { rotation, clock } = context
  const startedAt = clock.now()
  const attempts = new Attempts()
  const [lockedBy, credentials, destinations] = await Promise.all([
    attempts.run('the lock', () => rotation.lock.findHolder()),
    Promise.all(rotation.credentials.map((credential) => inspectCredential(context, attempts, credential))),
    Promise.all(
      rotation.destinations.map((destination) => inspectDestination(context, attempts, destination))
    )
  ])
  const observation = settleVerdicts(rotation, {
    startedAt,
    credentials: credentials.filter((one) => one !== undefined),
    destinations: destinations.filter((one) => one !== undefined)
  })
  const misnamed = findAdoptProblem(rotation, observation)
  if (misnamed !== undefined) attempts.note(rotation.name, misnamed)
  for (const observed of observation.credentials) {
    const { reading } = observed.primary
    const error = reading.state === 'unreadable' ? reading.error : findUnseen(observed)
    if (error !== undefined) attempts.note(observed.credential.name, error)
  }
  const inspected = await Promise.all([
    ...rotation.rollout.map(async (gate) => {
      await attempts.run(gate.label, () => gate.prepare())
      return []
    }),
    ...observation.credentials.map((observed) => inspectRotation(context, attempts, observed)),
    ...observation.destinations.map(
      async ({ destination }) => (await destination.inspect?.(secretsAt(rotation, destination))) ?? []
    )
  ])
  return { observation, lockedBy, inspected: inspected.flat(), readFailures: attempts.failures }
}

/** Reads that may fail independently. */
class Attempts {
  readonly failures: ReadFailure[] = []

  note(on: string, error: RotationError): void {
    this.failures.push({ on, error })
  }

  async run<T>(on: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read()
    } catch (thrown) {
      this.note(on, asRotationError(thrown))
      return undefined
    }
  }
}

async function inspectCredential(
  { rotation, values }: RotationContext,
  attempts: Attempts,
  credential: CredentialPort
): Promise<ObservedCredential | undefined> {
  const primary = credential.current === 'unknown' ? undefined : values.of(credential, 'primary')
  const [reading, objects] = await Promise.all([
    primary === undefined ? undefined : attempts.run(credential.name, () => credential.identify(primary)),
    attempts.run(credential.name, () => credential.list())
  ])
  if (objects === undefined) return undefined
  const slot =
    credential.current === 'unknown'
      ? readJournal(rotation, credential, objects)
      : { values: primary, reading: reading ?? { state: 'missing' as const } }
  const all = await attempts.run(credential.name, () => withHeld(credential, objects, slot))
  if (all === undefined) return undefined
  const observed = { credential, primary: slot, objects: all }
  return hasTwoSlots(credential) ? { ...observed, secondary: leaveUnread(values, credential) } : observed
}

async function inspectDestination(
  { rotation }: RotationContext,
  attempts: Attempts,
  destination: Destination
): Promise<ObservedDestination | undefined> {
  const entries = await attempts.run(destination.label, () =>
    destination.observe(secretsAt(rotation, destination))
  )
  return entries === undefined ? undefined : { destination, entries }
}

/** Checks whether a rotation of the credential would succeed, and whether PRIMARY passes its probes. */
async function inspectRotation(
  { rotation }: RotationContext,
  attempts: Attempts,
  observed: ObservedCredential
): Promise<readonly Finding[]> {
  const { credential, objects } = observed
  const model =
    credential.current === 'unknown'
      ? findModel(rotation, credential, objects)
      : findHeldObject(observed, 'primary')
  const [findings] = await Promise.all([
    attempts.run(credential.name, () => credential.prepare(model)),
    attempts.run(credential.name, () => tryProbes(observed))
  ])
  return findings ?? []
}

/** Tries PRIMARY with the probes that only read. @throws RotationError `probe-failed` */
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
    { hint: failed.hint }
  )
}
