import type { CloudflareAccount } from '../../cloudflare/account.ts'
import { readWorker, type WorkerState, type WorkerVersion } from '../../cloudflare/workers.ts'
import type { Clock } from '../../kernel/clock.ts'
import { asRotationError, type RotationError } from '../../kernel/error.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { Finding } from '../../rotation/model/finding.ts'
import type { Home } from '../../rotation/model/managed-name.ts'
import type {
  Confirmation,
  Destination,
  DestinationEntry,
  SlotWrite,
  WriteOutcome
} from '../../rotation/model/destination.ts'
import { explainWorkerError, findUndeployed } from './worker-errors.ts'
import { findUntaggedChange, readJournal, tagKey, tagsToKeep } from './worker-journal.ts'
import type { WriteQueue } from '../write-queue.ts'
import { formatTag } from '../write-tag.ts'

/** What a {@link WorkerSecret} is built from. */
export interface WorkerSecretOptions {
  readonly account: CloudflareAccount
  readonly script: string
  readonly runId: string
  readonly home: Home
  readonly namesOf: Destination['namesOf']
  /** The Worker, read once a run. */
  readonly state: () => Promise<WorkerState>
  /** Shared by all destinations that write the same Worker: each write repeats the tags of the one before. */
  readonly queue: WriteQueue
  readonly clock: Clock
}

/** A write of this run. */
interface OwnWrite {
  readonly tag: string
  /** The version that it was meant to follow. */
  readonly after: WorkerVersion | undefined
}

/** Secrets of a Worker. Everything that one write names is in one new version, whose tags say which object each secret belongs to. */
export class WorkerSecret implements Destination {
  readonly type = 'worker-secret'
  readonly label: string
  readonly namesOf: Destination['namesOf']
  /** No call returns a value, so no run gets its environment from here. */
  readonly feedsNextRun = false
  readonly writesTogether = true
  readonly #options: WorkerSecretOptions
  readonly #own = new Map<SlotWrite, OwnWrite>()
  #state: WorkerState | undefined
  #lastWriteAt = 0

  constructor(options: WorkerSecretOptions) {
    this.#options = options
    this.label = `Worker ${options.script}`
    this.namesOf = options.namesOf
  }

  async observe(secrets: readonly string[]): Promise<ReadonlyMap<string, DestinationEntry>> {
    try {
      this.#state = await this.#options.state()
    } catch (thrown) {
      throw explainWorkerError(asRotationError(thrown), this.#options.script)
    }
    const { own } = this.#options.home
    const { versions, secrets: existing } = this.#state
    const journal = readJournal(versions)
    const changedAt = findUntaggedChange(versions)?.number ?? 0
    return new Map(
      secrets
        .filter((name) => existing.has(name))
        .map((secret): [string, DestinationEntry] => {
          const entry = journal.get(secret)
          if (entry === undefined || entry.version.number < changedAt) return [secret, { secret }]
          const { holds, home, version } = entry
          const whose = own.has(home) ? { holds } : { otherHome: home }
          return [secret, withoutUndefined({ secret, ...whose, updatedAt: version.createdAt })]
        })
    )
  }

  findObstacle(): RotationError | undefined {
    return this.#state === undefined ? undefined : findUndeployed(this.#options.script, this.#state)
  }

  inspect(): Promise<readonly Finding[]> {
    const obstacle = this.findObstacle()
    if (obstacle === undefined) return Promise.resolve([])
    const { message, hint = '' } = obstacle
    return Promise.resolve([
      { kind: 'not-deployed', severity: 'error', on: this.label, message, action: hint }
    ])
  }

  write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    return this.#options.queue.run(async () => {
      const started = this.#options.clock.monotonic()
      const error = await this.#write(writes)
      const tookMs = this.#options.clock.monotonic() - started
      return writes.map((write) =>
        error === undefined
          ? { write, effect: 'applied', tookMs }
          : { write, effect: error.effect, tookMs, error }
      )
    })
  }

  async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    try {
      const state = await this.#read()
      return outcomes.map((outcome) => this.#classify(outcome, state))
    } catch (thrown) {
      const error = asRotationError(thrown)
      return outcomes.map(() => ({ state: 'unknown', error }))
    }
  }

  /** Writes everything in one call, and returns what failed; a lost answer is looked up by the tags. */
  async #write(writes: readonly SlotWrite[]): Promise<RotationError | undefined> {
    const { account, script, runId, home, clock } = this.#options
    // A later write of the same run must not have the tag of an earlier one.
    const at = Math.max(clock.now(), this.#lastWriteAt + 1)
    this.#lastWriteAt = at
    const own = writes.map((write) => ({ write, tag: formatTag(write, { home: home.id, runId, at }) }))
    try {
      const state = await this.#read()
      const obstacle = findUndeployed(script, state)
      if (obstacle !== undefined) return obstacle
      for (const { write, tag } of own) this.#own.set(write, { tag, after: state.versions[0] })
      const tags = {
        ...tagsToKeep(state.versions, state.secrets),
        ...Object.fromEntries(own.map(({ write, tag }) => [tagKey(write.secret), tag]))
      }
      const secrets = Object.fromEntries(
        writes.map(({ secret: name, value }) => [
          name,
          { name, type: 'secret_text' as const, text: value.reveal() }
        ])
      )
      try {
        await account.call((sdk, account_id) =>
          sdk.workers.scripts.secrets.bulkUpdate(script, { account_id, secrets, version_tags: tags })
        )
      } catch (thrown) {
        const error = explainWorkerError(asRotationError(thrown), this.#options.script)
        if (error.effect === 'not-applied' || !(await this.#isWritten(own))) return error
      }
      return undefined
    } catch (thrown) {
      return explainWorkerError(asRotationError(thrown), this.#options.script).with({ effect: 'not-applied' })
    }
  }

  async #isWritten(own: readonly { readonly write: SlotWrite; readonly tag: string }[]): Promise<boolean> {
    try {
      const { versions } = await this.#read()
      return versions.some(({ tags }) => own.every(({ write, tag }) => tags[tagKey(write.secret)] === tag))
    } catch {
      return false
    }
  }

  #classify({ write, effect }: WriteOutcome, { versions, deployments }: WorkerState): Confirmation {
    const own = this.#own.get(write)
    const [newest] = versions
    if (own === undefined || newest === undefined)
      return { state: 'absent', reason: 'is in no version of the Worker' }
    const made = findVersionOf(write, effect, own, versions)
    if (made === undefined)
      return {
        state: 'absent',
        reason: 'is in no version of the Worker, although Cloudflare accepted the write'
      }
    const entry = readJournal(versions).get(write.secret)
    if (entry !== undefined && entry.tag !== own.tag && entry.version.number > made.number)
      return { state: 'overwritten', reason: `was written by another run in version ${entry.version.number}` }
    const change = findUntaggedChange(versions)
    if (change !== undefined && change.number > made.number)
      return {
        state: 'overwritten',
        reason: `may have been overwritten: someone else changed secrets in version ${change.number}`
      }
    const before = versions.find(({ number }) => number === made.number - 1)
    if (before !== undefined && before.id !== own.after?.id && !wasDeployed(before, deployments))
      return {
        state: 'overwritten',
        reason: `was written at the same time as version ${before.number} was uploaded, which was not deployed and is live now`
      }
    const [current = []] = deployments
    const served = versions.filter(({ id }) => current.includes(id))
    const serves = served.length === current.length && served.every(({ number }) => number >= made.number)
    if (served.length > 0 && serves) return { state: 'confirmed' }
    return {
      state: 'pending',
      reason: `is in version ${made.number}, and an older version still serves traffic`
    }
  }

  #read(): Promise<WorkerState> {
    const { account, script } = this.#options
    return readWorker((request) => account.call(request), script)
  }
}

/** Finds the version that a write made. Where versions show no tags, it is the only one that followed an accepted write. */
function findVersionOf(
  { secret }: SlotWrite,
  effect: WriteOutcome['effect'],
  { tag, after }: OwnWrite,
  versions: readonly WorkerVersion[]
): WorkerVersion | undefined {
  const tagged = versions.findLast(({ tags }) => tags[tagKey(secret)] === tag)
  if (tagged !== undefined || effect !== 'applied') return tagged
  const [newest] = versions
  const isNext = newest !== undefined && after !== undefined && newest.number === after.number + 1
  return isNext && newest.bySecret && readJournal([newest]).size === 0 ? newest : undefined
}

function wasDeployed({ id }: WorkerVersion, deployments: WorkerState['deployments']): boolean {
  return deployments.some((served) => served.includes(id))
}
