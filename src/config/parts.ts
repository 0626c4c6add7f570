import type {
  AuthRole,
  KindDescriptor,
  NamedVariable,
  RolePermission,
  Template,
  TypedConfiguration
} from '../kernel/kinds.ts'
import type { Configuration, RotationConfiguration } from './configuration.ts'
import { keyedKindOf, kindOf, type Kinds } from './kinds.ts'
import { credentialsOf, destinationsOf, gatesOf } from './walk.ts'

/** The needs of one part of the configuration, as its kind says. */
interface Part {
  readonly permissions: readonly RolePermission[]
  readonly variables: readonly NamedVariable[]
}

/** The needs of the alerts, the lock, and the credentials and destinations of the selected rotations, in this order. */
function partsOf(
  configuration: Configuration,
  kinds: Kinds,
  selected: readonly RotationConfiguration[] = configuration.rotations
): readonly Part[] {
  const { alert, lock } = configuration
  return [
    ...alert.map((one, index) =>
      describePart(kindOf(kinds.alerts, one), one, alert.length === 1 ? 'alert' : `alert[${index}]`)
    ),
    describePart(kindOf(kinds.locks, lock), lock, 'lock'),
    ...credentialsOf(configuration, selected).map(({ credential, path }) =>
      describePart(kindOf(kinds.credentials, credential), credential, path)
    ),
    ...destinationsOf(configuration, selected).map(({ destination, path }) =>
      describePart(kindOf(kinds.destinations, destination), destination, path)
    )
  ]
}

function describePart<C extends TypedConfiguration>(
  kind: KindDescriptor<C>,
  configuration: C,
  path: string
): Part {
  const variables = kind.variables?.(configuration) ?? []
  return {
    permissions: kind.permissions?.(configuration) ?? [],
    variables: variables.map((variable) => ({ ...variable, path: `${path}.${variable.path}` }))
  }
}

/** The environment variables that kinds name, other than slots, `auth` and those in texts. */
export function variablesOfKinds(
  configuration: Configuration,
  kinds: Kinds,
  selected?: readonly RotationConfiguration[]
): readonly NamedVariable[] {
  return partsOf(configuration, kinds, selected).flatMap(({ variables }) => variables)
}

/** The roles of `auth` that the selected rotations, the lock and the alert use. */
export function rolesOf(
  configuration: Configuration,
  kinds: Kinds,
  selected: readonly RotationConfiguration[]
): readonly AuthRole[] {
  const permissions = partsOf(configuration, kinds, selected).flatMap((part) => part.permissions)
  return [...new Set(permissions.map(({ role }) => role))]
}

/**
 * The permissions that the token of each role needs, by Cloudflare's names; roles that are not used are left out, and so are permissions that an account
 * token cannot have.
 */
export function permissionsByRole(
  configuration: Configuration,
  kinds: Kinds
): ReadonlyMap<AuthRole, readonly string[]> {
  const byRole = new Map<AuthRole, string[]>()
  const needed = partsOf(configuration, kinds).flatMap((part) => part.permissions)
  for (const { role, permission } of needed.filter(({ onlyUsers }) => onlyUsers !== true)) {
    const permissions = byRole.get(role) ?? []
    if (!permissions.includes(permission)) byRole.set(role, [...permissions, permission])
  }
  return byRole
}

/** A probe, a gate or a destination with its place and the texts in which variables are filled in. */
interface PlacedTexts {
  /** E.g. `rotations[0].credentials[0].verify[0]`. */
  readonly path: string
  /** The key that holds the texts. */
  readonly key: string
  readonly templates: readonly Template[]
  /** Variables whose values come from the new credential. */
  readonly own: ReadonlySet<string>
}

/** Every probe, gate and destination with its texts, or those of selected rotations. */
export function textsOf(
  configuration: Configuration,
  kinds: Kinds,
  selected?: readonly RotationConfiguration[]
): readonly PlacedTexts[] {
  const ofDestinations = destinationsOf(configuration, selected).map(({ destination, path }): PlacedTexts => {
    const templates = kindOf(kinds.destinations, destination).templates?.(destination) ?? []
    return { path, key: 'env', templates, own: new Set() }
  })
  const ofProbes = credentialsOf(configuration, selected).flatMap(({ credential, path }) => {
    const own = new Set(
      Object.values(credential.secrets).flatMap(({ primary, pair }) => [
        primary,
        ...Object.values(pair?.keys ?? {})
      ])
    )
    return credential.verify.map((probe, index) => {
      const kind = keyedKindOf(kinds.probes, probe)
      const templates = kind.templates?.(probe) ?? []
      return { path: `${path}.verify[${index}]`, key: kind.key, templates, own }
    })
  })
  const ofGates = gatesOf(configuration, selected).map(({ gate, path }): PlacedTexts => {
    const kind = keyedKindOf(kinds.gates, gate)
    return { path, key: kind.key, templates: kind.templates?.(gate) ?? [], own: new Set() }
  })
  return [...ofProbes, ...ofDestinations, ...ofGates]
}

/** Tells whether any of the rotations is written with the input `github-secrets-token`. */
export function needsGithubSecretsToken(kinds: Kinds, selected: readonly RotationConfiguration[]): boolean {
  return selected.some(({ destinations }) =>
    destinations.some((one) => kindOf(kinds.destinations, one).needsGithubSecretsToken === true)
  )
}
