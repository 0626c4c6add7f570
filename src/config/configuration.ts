import type {
  AuthRole,
  CredentialConfiguration,
  DestinationConfiguration,
  GateConfiguration,
  LockConfiguration,
  TypedConfiguration
} from '../kernel/kinds.ts'

/** A configuration as it was checked and completed; durations are milliseconds. What only one kind has is known to that kind alone. */
export interface Configuration {
  readonly 'account-id': string
  /** Names of environment variables, by role. */
  readonly auth: Readonly<Record<AuthRole, string | readonly string[]>>
  readonly lock: LockConfiguration
  /** At least one. */
  readonly alert: readonly TypedConfiguration[]
  /** The environment variable that holds the URL which is fetched after each run that ended well. */
  readonly heartbeat?: string | undefined
  readonly home?: string | undefined
  readonly coordinator?: CoordinatorConfiguration | undefined
  /** Empty where credentials are only watched. */
  readonly rotations: readonly RotationConfiguration[]
  readonly watch: readonly WatchConfiguration[]
}

/** A credential that is not rotated: a token that tells its own end, or an end that is known. */
export type WatchConfiguration = { readonly name: string; /** Milliseconds. */ readonly warn: number } & (
  { readonly token: string } | { /** Milliseconds since the epoch. */ readonly expires: number }
)

/** The coordinator that runs report to; the tokens are environment variables. */
export interface CoordinatorConfiguration {
  readonly url: string
  readonly token: string
  readonly 'slots-token'?: string | undefined
}

/** One rotation of a configuration. */
export interface RotationConfiguration {
  readonly name: string
  /** Milliseconds; left out, every run rotates. */
  readonly every?: number | undefined
  readonly credentials: readonly CredentialConfiguration[]
  readonly destinations: readonly DestinationConfiguration[]
  readonly revoke: RevokeConfiguration
  readonly rollout: readonly GateConfiguration[]
}

/** How old credentials are revoked. */
export interface RevokeConfiguration {
  readonly after?: 'verify' | 'next-rotation' | undefined
  readonly 'in-use': 'keep' | 'ignore'
  readonly 'wait-for-runs'?: boolean | undefined
}
