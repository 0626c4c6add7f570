import { parse } from 'yaml'
import { ACCESS, BOOTSTRAP } from './world.ts'

/** Keys of one part of a configuration; one that is undefined is removed. */
export type Keys = Readonly<Record<string, unknown>>

/** How a configuration differs from another. */
export interface Changes {
  /** Keys at the top; those of an object that is there are merged into it. */
  readonly top?: Keys
  /** Keys of each rotation. */
  readonly rotation?: Keys
  /** Keys of each credential. */
  readonly credential?: Keys
  /** Keys of single credentials, by their names. */
  readonly credentials?: Readonly<Record<string, Keys>>
  /** Credentials that each rotation has besides. */
  readonly moreCredentials?: readonly Keys[]
  /** Keys of each destination in GitHub. */
  readonly github?: Keys
  /** Keys of each Secrets Store. */
  readonly store?: Keys
  /** Destinations that each rotation has besides, before or after its own. */
  readonly moreDestinations?: { readonly before?: readonly Keys[]; readonly after?: readonly Keys[] }
  /** Rotations that follow. */
  readonly moreRotations?: readonly Keys[]
}

interface Document {
  readonly rotations: readonly Rotation[]
}

interface Rotation {
  readonly credentials: readonly (Keys & { readonly name: string })[]
  readonly destinations: readonly (Keys & { readonly type: string })[]
}

/**
 * Builds a configuration from another one.
 * @returns YAML, as JSON
 * @throws Error where it changes a credential that is not there
 */
export function configure(base: string, changes: Changes): string {
  const { rotations, ...top } = parseOnce(base)
  const names = rotations.flatMap(({ credentials }) => credentials.map(({ name }) => name))
  const unknown = Object.keys(changes.credentials ?? {}).filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Error(`the configuration has no credential ${unknown.join(', ')}`)
  return JSON.stringify({
    ...merge(top, changes.top),
    rotations: [
      ...rotations.map((rotation) => configureRotation(rotation, changes)),
      ...(changes.moreRotations ?? [])
    ]
  })
}

const parsed = new Map<string, Document & Keys>()

/** Most configurations here change one of two others. */
function parseOnce(base: string): Document & Keys {
  const document = parsed.get(base) ?? (parse(base) as Document & Keys)
  parsed.set(base, document)
  return document
}

function configureRotation({ credentials, destinations, ...rotation }: Rotation, changes: Changes): Keys {
  const { before = [], after = [] } = changes.moreDestinations ?? {}
  const ofType: Readonly<Record<string, Keys | undefined>> = {
    'github-secret': changes.github,
    'secrets-store': changes.store
  }
  return {
    credentials: [
      ...credentials.map((one) => merge(merge(one, changes.credential), changes.credentials?.[one.name])),
      ...(changes.moreCredentials ?? [])
    ],
    destinations: [...before, ...destinations.map((one) => merge(one, ofType[one.type])), ...after],
    ...merge(rotation, changes.rotation)
  }
}

function merge(part: Keys, keys: Keys = {}): Keys {
  const merged = Object.entries(keys).map(([name, value]): readonly [string, unknown] => {
    const given = part[name]
    return [name, isKeys(given) && isKeys(value) && !('type' in value) ? { ...given, ...value } : value]
  })
  return { ...part, ...Object.fromEntries(merged) }
}

function isKeys(value: unknown): value is Keys {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The rotation of a configuration, to be added to another one with {@link Changes.moreRotations}. */
export function rotationsIn(yaml: string): readonly Keys[] {
  return (parse(yaml) as { readonly rotations: readonly Keys[] }).rotations
}

/** The bootstrap pair, rotated once a month. */
export const MONTHLY = configure(BOOTSTRAP, { rotation: { every: '30d' }, credential: { ttl: '90d' } })

/** `ACCESS`, or another configuration, with keys of `revoke`. */
export function revoking(keys: Keys, base = ACCESS): string {
  return configure(base, { rotation: { revoke: keys } })
}

/** The probe of `ACCESS` that asks the service itself. */
export const HTTP_PROBE = { http: { url: '${R2_EXPLORER_BASE_URL}/api/v2/session/info', expect: 200 } }

const R2_ENV = { R2_EXPLORER_BASE_URL: '${R2_EXPLORER_BASE_URL}' }

/** The probes of `ACCESS` that run the service's command. */
export const COMMAND_PROBES = [
  { run: 'r2 share worker create files documents/test.txt 1h --max-downloads 1', env: R2_ENV },
  { run: 'r2 share worker list files documents/test.txt', env: R2_ENV }
] as const

/** The Access pair in two slots: SECONDARY keeps the previous one. */
export const TWO_SLOTS = configure(ACCESS, {
  credential: {
    secrets: {
      'client-id': {
        primary: 'PRIMARY_R2_EXPLORER_ACCESS_CLIENT_ID',
        secondary: 'SECONDARY_R2_EXPLORER_ACCESS_CLIENT_ID'
      },
      'client-secret': {
        primary: 'PRIMARY_R2_EXPLORER_ACCESS_CLIENT_SECRET',
        secondary: 'SECONDARY_R2_EXPLORER_ACCESS_CLIENT_SECRET'
      }
    },
    verify: [HTTP_PROBE]
  }
})

/** The Access pair without the probe that also proves the old pair dead. */
export const ACCESS_BY_COMMANDS = configure(ACCESS, {
  credential: {
    verify: COMMAND_PROBES
  }
})

/** The same client id, with a new secret in place. */
export const IN_PLACE = configure(ACCESS, { credential: { strategy: 'rotate' } })

/** One account token in a single slot, at both destinations. */
export const SINGLE_TOKEN = configure(BOOTSTRAP, {
  rotation: {
    name: 'single',
    credentials: [
      {
        name: 'secret-edit',
        type: 'account-token',
        ttl: '24h',
        secrets: { value: 'PRIMARY_SECRET_EDIT_TOKEN' },
        verify: [{ can: 'secrets' }]
      }
    ]
  }
})

/** A destination that a command writes, and one that can also be read. */
export const WRITE_ONLY = { type: 'command', label: 'Vault', write: 'store put vault' } as const
export const CONFIRMED = { ...WRITE_ONLY, confirm: 'store see vault' } as const

/** A configuration with one more destination. */
export function alsoAt(destination: Keys, base = BOOTSTRAP): string {
  return configure(base, { moreDestinations: { after: [destination] } })
}

/** A configuration whose rotations pass these gates. */
export function gated(base: string, ...rollout: readonly Keys[]): string {
  return configure(base, { rotation: { rollout } })
}

/** The gate that starts the workflow which {@link addDeployment} adds. */
export const DEPLOY_GATE = { workflow: { file: 'deploy.yml' } } as const

/** A configuration whose runs are kept apart by nothing. */
export function withoutLock(base: string): string {
  return configure(base, { top: { lock: { type: 'none' } } })
}

/** A configuration whose runs are kept apart by a lock with compare-and-set. */
export function withD1(base: string): string {
  return configure(base, {
    top: { lock: { type: 'd1', 'database-id': '5e3b7c1a-92d4-4f60-8a1b-c7d9e0f24b68' } }
  })
}
