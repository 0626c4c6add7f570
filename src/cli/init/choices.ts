/** What can be rotated, with the description of the question. */
export const KINDS = {
  deploy: 'A deploy token, which deploy jobs read from the environment production',
  bootstrap: 'The bootstrap pair: the token that creates tokens, and one that edits a Secrets Store',
  access: 'An Access service token'
} as const

/** One of the credentials that `init` sets up. */
export type Kind = keyof typeof KINDS

/** Locks that `init` makes, with the description of the question. */
export const LOCKS = {
  kv: 'Workers KV: for one repository',
  d1: 'D1: one holder at most, for several repositories in one account',
  none: 'None: the concurrency group of the workflow is enough'
} as const

/** What the account calls a lock. */
export const LOCK_LABELS = { kv: 'KV namespace', d1: 'D1 database' } as const

/** One of the locks. */
export type LockKind = keyof typeof LOCKS

/** Stores beside GitHub, with the description of the question. */
export const STORES = {
  'secrets-store': "Cloudflare's Secrets Store, where Workers read it",
  none: 'GitHub only'
} as const

/** One of the stores. */
export type StoreKind = keyof typeof STORES

/** What is to be set up. */
export interface Choices {
  readonly accountId: string
  /** At least one. */
  readonly kinds: readonly Kind[]
  readonly lock: LockKind
  /** Where the bootstrap pair is written besides GitHub. */
  readonly store: StoreKind
  /** Names of permission groups of the deploy token. */
  readonly deployPermissions: readonly string[]
  /** `owner/name@ref` of the action in the workflow. */
  readonly action: string
}

/** Whether the choices write to a Secrets Store. */
export function usesStore({ kinds, store }: Pick<Choices, 'kinds' | 'store'>): boolean {
  return kinds.includes('bootstrap') && store === 'secrets-store'
}

/** Permissions of the set-up token that the choices need, by Cloudflare's names of permission groups. */
export function neededPermissions({
  kinds,
  lock,
  store
}: Pick<Choices, 'kinds' | 'lock' | 'store'>): readonly string[] {
  return [
    TOKENS_WRITE,
    ...(lock === 'kv' ? [KV_WRITE] : []),
    ...(lock === 'd1' ? [D1_WRITE] : []),
    ...(usesStore({ kinds, store }) ? [STORE_WRITE] : []),
    ...(kinds.includes('access') ? [SERVICE_TOKENS_WRITE] : [])
  ]
}

export const TOKENS_WRITE = 'Account API Tokens Write'
export const KV_WRITE = 'Workers KV Storage Write'
export const D1_WRITE = 'D1 Write'
export const STORE_WRITE = 'Secrets Store Write'
export const SERVICE_TOKENS_WRITE = 'Access: Service Tokens Write'

/** Id of a Cloudflare account. */
export const ACCOUNT_ID = /^[0-9a-f]{32}$/

/** The keys of a record, in its order. */
export function keysOf<T extends string>(record: Readonly<Record<T, string>>): readonly T[] {
  return Object.keys(record).filter((key): key is T => key in record)
}
