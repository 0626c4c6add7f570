import type { RotationConfiguration } from '../config/configuration.ts'
import { keyedKindOf, kindOf, storeIdsOf } from '../config/kinds.ts'
import { hasSecondary, namesAt } from '../config/walk.ts'
import type { CredentialConfiguration, DestinationConfiguration } from '../kernel/kinds.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { Destination } from '../rotation/model/destination.ts'
import type { CredentialPort, FieldSlots } from '../rotation/model/ports.ts'
import type { RevokePolicy, Rotation } from '../rotation/model/rotation.ts'
import { findHome } from './home.ts'
import { findOnGithub, type OnGithub } from './without-github.ts'
import { kinds } from './kinds.ts'
import type { RunServices } from './services.ts'

const NOTHING: OnGithub = { destinations: [], gates: [] }

/** Makes a rotation with its credentials, destinations and lock. */
export function createRotation(services: RunServices, rotation: RotationConfiguration): Rotation {
  const { lock } = services.configuration
  const left = services.withoutGithub === true ? findOnGithub(rotation) : NOTHING
  const rollout = rotation.rollout
    .filter((gate) => !left.gates.includes(gate))
    .map((gate) => keyedKindOf(kinds.gates, gate).create(gate, services))
  const leftOut = [
    ...left.destinations.flatMap((one) =>
      createDestinations(services, rotation, one).map(({ label }) => label)
    ),
    ...left.gates.map((gate) => `the gate \`${keyedKindOf(kinds.gates, gate).key}\``)
  ]
  const waitsMs = rollout.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0)
  return {
    name: rotation.name,
    home: findHome(services.configuration, rotation, services.run.repository),
    ...withoutUndefined({ everyMs: rotation.every }),
    credentials: rotation.credentials.map((credential) => createCredential(services, rotation, credential)),
    destinations: rotation.destinations
      .filter((destination) => !left.destinations.includes(destination))
      .flatMap((destination) => createDestinations(services, rotation, destination)),
    lock: kindOf(kinds.locks, lock).create(lock, services, { name: rotation.name, waitsMs }),
    revoke: revokePolicy(rotation),
    rollout,
    ...(leftOut.length === 0 ? {} : { leftOut })
  }
}

function createCredential(
  services: RunServices,
  rotation: RotationConfiguration,
  credential: CredentialConfiguration
): CredentialPort {
  const kind = kindOf(kinds.credentials, credential)
  const fields = Object.entries(credential.secrets).map(
    ([field, { primary, secondary, pair }]): FieldSlots => ({
      field,
      primary,
      ...withoutUndefined({ secondary, pair })
    })
  )
  const requestHeaders: NonNullable<typeof kind.requestHeaders> = (values) =>
    kind.requestHeaders?.(values) ?? {}
  const storeIds = storeIdsOf(kinds, rotation)
  return kind.create(credential, services, {
    fields,
    current: credential.current ?? 'given',
    probes: credential.verify.map((probe) =>
      keyedKindOf(kinds.probes, probe).create(probe, services, {
        ...{ fields, storeIds, requestHeaders },
        form: kind.form,
        owner: kind.inventory.owner ?? 'account'
      })
    ),
    reporter: services.reporterOf(rotation.name),
    headroom: rotation.credentials.filter(({ type }) => type === credential.type).length
  })
}

function createDestinations(
  services: RunServices,
  rotation: RotationConfiguration,
  destination: DestinationConfiguration
): readonly Destination[] {
  const { configuration, run } = services
  const all = configuration.rotations.flatMap(({ destinations }) => destinations)
  return kindOf(kinds.destinations, destination).create(destination, services, {
    home: findHome(configuration, rotation, run.repository),
    namesOf: (variable) => namesAt(destination, variable),
    waitForRuns: revokePolicy(rotation).waitForRuns,
    ofSameKind: all.filter(({ type }) => type === destination.type)
  })
}

/** The defaults depend on the slots: a fallback is kept until the next rotation, a single slot has none to keep. */
function revokePolicy({ credentials, destinations, revoke }: RotationConfiguration): RevokePolicy {
  const single = !credentials.some(hasSecondary)
  const heldByRuns = destinations.some(
    (destination) => kindOf(kinds.destinations, destination).heldByRuns === true
  )
  return {
    after: revoke.after ?? (single ? 'verify' : 'next-rotation'),
    inUse: revoke['in-use'],
    waitForRuns: revoke['wait-for-runs'] ?? (single && heldByRuns)
  }
}
