import type { ListedSecret, PublicKey } from '../../github/answers.ts'
import { seal } from '../../github/seal.ts'
import type { RunsInFlight } from '../../github/runs-in-flight.ts'
import type { SecretScope } from '../../github/secret-scope.ts'
import { parseInstant, type Clock } from '../../kernel/clock.ts'
import { RotationError, asRotationError, withContext } from '../../kernel/error.ts'
import { pollUntil } from '../../kernel/retry.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { Finding } from '../../rotation/model/finding.ts'
import type {
  Confirmation,
  Destination,
  DestinationEntry,
  SlotWrite,
  WriteOutcome
} from '../../rotation/model/destination.ts'
import { findDependabotCopies, findFull, findShadowed } from '../inspection.ts'
import { LATE_LIST_MS, isLate } from '../late-list.ts'
import { SecretsByName } from './secrets-by-name.ts'

/** What a {@link GitHubSecret} is built from. */
export interface GitHubSecretOptions {
  readonly scope: SecretScope
  readonly namesOf: Destination['namesOf']
  readonly feedsNextRun: boolean
  /** The key that values are sealed with, read once a run. */
  readonly key: () => Promise<PublicKey>
  /** Why the secrets probably cannot be written, found out once a run; undefined where nothing speaks against it. */
  readonly refusal: () => Promise<RotationError | undefined>
  /** The scope's secrets: those that were observed, or what they are now. */
  readonly secrets: {
    readonly observed: () => Promise<ListedSecrets>
    readonly now: () => Promise<ListedSecrets>
  }
  /** The runs that an old value is kept for; left out, it is kept for none. */
  readonly inFlight?: RunsInFlight
  /** The scopes whose secrets take precedence over these; left out, there are none. */
  readonly narrower?: () => Promise<readonly SecretScope[]>
  /** The store that Dependabot's runs get their secrets from instead; left out, it is not looked at. */
  readonly dependabot?: SecretScope
  /** Reports a warning once a run. */
  readonly warnOnce: (message: string) => void
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the run is cancelled: no wait goes on. */
  readonly cancelled: AbortSignal
}

type ListedSecrets = readonly ListedSecret[]

/** Reason why a write would probably fail, and what to do about it. */
export interface WriteRefusal {
  readonly message: string
  readonly action: string
}

/** Resolution of GitHub's `updated_at` and of its `Date` header, in milliseconds. */
const SECOND_MS = 1000

/** Actions secrets of a repository, an environment or an organization. A write is confirmed by `updated_at`. */
export class GitHubSecret implements Destination {
  readonly type = 'github-secret'
  readonly label: string
  readonly namesOf: Destination['namesOf']
  readonly feedsNextRun: boolean
  readonly #options: GitHubSecretOptions
  #secrets = new SecretsByName([])
  #refusal: WriteRefusal | undefined

  constructor(options: GitHubSecretOptions) {
    this.#options = options
    this.label = `GitHub secrets of ${options.scope.label}`
    this.namesOf = options.namesOf
    this.feedsNextRun = options.feedsNextRun
  }

  async observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>> {
    const { inFlight, warnOnce } = this.#options
    await allOrFirstError([this.#read(), inFlight?.require()])
    if (this.#refusal !== undefined) warnOnce(`${this.#refusal.message} ${this.#refusal.action}`)
    return new Map(
      secrets.flatMap((name) => {
        const secret = this.#secrets.find(name)
        if (secret === undefined) return []
        const updatedAt = parseInstant(secret.updated_at)
        return [[name, { secret: name, ...withoutUndefined({ updatedAt }) }] as const]
      })
    )
  }

  /** Reads the scope's key and secrets and, at the same time, whether they may be written. */
  async #read(): Promise<void> {
    const { scope, key, refusal, secrets } = this.#options
    try {
      const [, listed, refused] = await allOrFirstError([key(), secrets.observed(), refusal()])
      this.#secrets = new SecretsByName(listed)
      this.#refusal = refused === undefined ? undefined : describeRefusal(refused, scope)
    } catch (thrown) {
      throw withContext(explain(asRotationError(thrown), scope), `GitHub secrets of ${scope.label}`)
    }
  }

  async inspect(secrets: readonly string[]): Promise<readonly Finding[]> {
    const { scope, narrower, dependabot } = this.#options
    const [shadowed, copies] = await Promise.all([
      narrower === undefined ? [] : findShadowed(this.label, secrets, narrower),
      dependabot === undefined ? [] : findDependabotCopies(this.label, secrets, dependabot)
    ])
    return [
      ...this.#findRefusal(),
      ...findFull(this.label, { count: this.#secrets.size, limit: scope.limit }),
      ...shadowed,
      ...copies
    ]
  }

  #findRefusal(): readonly Finding[] {
    if (this.#refusal === undefined) return []
    return [{ kind: 'no-access', severity: 'warning', on: this.label, ...this.#refusal }]
  }

  async runsInFlight(before: number): Promise<readonly string[]> {
    return (await this.#options.inFlight?.list(before)) ?? []
  }

  async write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    return await Promise.all(writes.map((write) => this.#put(write)))
  }

  async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    const { clock, random, cancelled: signal, secrets } = this.#options
    let last: readonly Confirmation[] = []
    try {
      await pollUntil({
        ...{ clock, random, signal },
        firstDelayMs: 1_000,
        maxDelayMs: 4_000,
        withinMs: LATE_LIST_MS,
        attempt: async () => {
          this.#secrets = new SecretsByName(await secrets.now())
          const checked = outcomes.map((outcome) => [outcome, this.#classify(outcome)] as const)
          last = checked.map(([, confirmation]) => confirmation)
          return checked.some((one) => isLate(...one)) ? undefined : true
        }
      })
      return last
    } catch (thrown) {
      const error = asRotationError(thrown)
      return outcomes.map(() => ({ state: 'unknown', error }))
    }
  }

  #classify({ write, answeredAt, tookMs }: WriteOutcome): Confirmation {
    const secret = this.#secrets.find(write.secret)
    if (secret === undefined)
      return { state: 'absent', reason: 'is not there, although GitHub accepted the write' }
    const updatedAt = parseInstant(secret.updated_at)
    if (updatedAt === undefined || answeredAt === undefined) {
      return {
        state: 'unknown',
        error: new RotationError('bad-answer', `GitHub did not say when ${write.secret} was written.`)
      }
    }
    if (updatedAt + SECOND_MS < answeredAt - tookMs) {
      return {
        state: 'absent',
        reason: `was last updated at ${secret.updated_at ?? '?'}, before this run wrote it`
      }
    }
    if (updatedAt > answeredAt + SECOND_MS) {
      return {
        state: 'overwritten',
        reason: `was written at ${secret.updated_at ?? '?'}, after this run wrote it`
      }
    }
    return { state: 'confirmed' }
  }

  async #put(write: SlotWrite): Promise<WriteOutcome> {
    const { scope, key: readKey, clock } = this.#options
    const started = clock.monotonic()
    try {
      const key = await readKey()
      const sealed = { encrypted_value: await seal(write.value, key), key_id: key.key_id }
      const sibling = write.sibling === undefined ? undefined : this.#secrets.find(write.sibling)
      const answeredAt = await scope.put({
        name: write.secret,
        sealed,
        like: this.#secrets.find(write.secret) ?? sibling
      })
      const tookMs = clock.monotonic() - started
      return { write, effect: 'applied', tookMs, ...withoutUndefined({ answeredAt }) }
    } catch (thrown) {
      const error = explain(asRotationError(thrown), scope)
      return { write, effect: error.effect, tookMs: clock.monotonic() - started, error }
    }
  }
}

function describeRefusal(refusal: RotationError, scope: SecretScope): WriteRefusal {
  const said = refusal.code === 'permission' || refusal.code === 'refused'
  return {
    message: said
      ? `GitHub secrets of ${scope.label} probably cannot be written: GitHub refused a test deletion of a secret that does not exist. ${refusal.message}`
      : `GitHub secrets of ${scope.label}: could not check whether they may be written. ${refusal.message}`,
    action:
      refusal.hint ??
      'Give the github-secrets-token Secrets: write, and Environments: write for those of an environment.'
  }
}

function explain(error: RotationError, scope: SecretScope): RotationError {
  if (error.code !== 'not-found') return error
  return error.with({ hint: `Check that ${scope.label} exists and that github-secrets-token may see it.` })
}
