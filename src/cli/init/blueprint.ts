import { createHash } from 'node:crypto'
import {
  D1_WRITE,
  KV_WRITE,
  SERVICE_TOKENS_WRITE,
  STORE_WRITE,
  TOKENS_WRITE,
  type Choices
} from './choices.ts'

/** Environment that holds what the rotation reads. */
export const ROTATION = 'rotation'
/** Environment that deploy jobs read. */
export const PRODUCTION = 'production'
/** Variable of the token that is not rotated. */
export const OWN_TOKEN = 'CLOUDFLARE_API_TOKEN'
/** Name of the lock's KV namespace or D1 database. */
export const LOCK_NAME = 'rotation-locks'
/** Name of a new Secrets Store: that of the dashboard, since an account has at most one. */
export const STORE_NAME = 'default_secrets_store'

const DAY_MS = 24 * 3_600_000

/** An account API token to be made. */
export interface PlannedToken {
  /** The secret of the environment that holds it. */
  readonly variable: string
  /** Names of permission groups. */
  readonly permissions: readonly string[]
  /** Milliseconds; left out, it does not expire. */
  readonly lifetimeMs?: number
}

/** What is to be made, apart from ids that do not exist yet. */
export interface Blueprint {
  readonly tokens: readonly PlannedToken[]
  /** Secrets of the Access service token to be made. */
  readonly serviceToken: { readonly id: string; readonly secret: string } | undefined
  /** Environments that the configuration names besides {@link ROTATION}. */
  readonly environments: readonly string[]
}

/** Lists what is to be made for some choices: each token with the least permissions. */
export function makeBlueprint({ kinds, lock, store, deployPermissions }: Choices): Blueprint {
  const bootstrap = kinds.includes('bootstrap')
  const own = [
    ...(lock === 'kv' ? [KV_WRITE] : []),
    ...(lock === 'd1' ? [D1_WRITE] : []),
    ...(kinds.includes('deploy') && !bootstrap ? [TOKENS_WRITE] : []),
    ...(kinds.includes('access')
      ? [
          SERVICE_TOKENS_WRITE,
          'Access: Apps and Policies Write',
          'Access: Organizations, Identity Providers, and Groups Write'
        ]
      : [])
  ]
  const rotated = { lifetimeMs: 21 * DAY_MS }
  return {
    tokens: [
      ...(own.length === 0 ? [] : [{ variable: OWN_TOKEN, permissions: own }]),
      ...(bootstrap
        ? [{ variable: 'PRIMARY_TOKEN_CREATION_TOKEN', permissions: [TOKENS_WRITE], ...rotated }]
        : []),
      ...(bootstrap && store === 'secrets-store'
        ? [{ variable: 'PRIMARY_SECRET_EDIT_TOKEN', permissions: [STORE_WRITE], ...rotated }]
        : []),
      ...(kinds.includes('deploy')
        ? [{ variable: 'PRIMARY_DEPLOY_TOKEN', permissions: deployPermissions, ...rotated }]
        : [])
    ],
    serviceToken: kinds.includes('access')
      ? { id: 'PRIMARY_ACCESS_CLIENT_ID', secret: 'PRIMARY_ACCESS_CLIENT_SECRET' }
      : undefined,
    environments: kinds.includes('deploy') ? [PRODUCTION] : []
  }
}

/**
 * Name in the account of what is made for a variable, by which a later run finds it. Cloudflare takes 120 characters: of a longer name the repository
 * is cut, and told apart by a hash.
 */
export function nameOf(repository: string, variable: string): string {
  const inFull = (name: string): string => `rotate-action init ${name} ${variable}`
  const excess = inFull(repository).length - 120
  if (excess <= 0) return inFull(repository)
  const hash = createHash('sha256').update(repository).digest('hex').slice(0, 16)
  return inFull(`${repository.slice(0, -(excess + hash.length + 1))}-${hash}`)
}

/** Name of a variable's other slot. */
export function secondaryOf(variable: string): string {
  return variable.replace(/^PRIMARY_/, 'SECONDARY_')
}
