import { CloudflareAccount } from '../../src/cloudflare/account.ts'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import type { ErrorMapper } from '../../src/http/error-mapper.ts'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import type { Lock } from '../../src/rotation/model/lock.ts'
import { Secret } from '../../src/kernel/secret.ts'

/** Guarantee of some kinds of lock, in addition to the common ones. */
export type Guarantee =
  /** Exactly one of any number of runs that claim the lock at once gets it. */
  | 'exclusive'
  /** Each claim has a greater fence number, and the store rejects a former holder, whatever its clocks show. */
  | 'fenced'

/** One kind of lock on its real backend, as the conformance suite uses it. All its locks have the name that {@link LockSubject.renew} chose. */
export interface LockSubject {
  /** The lock as one job uses it. */
  lockOf(owner: LockOwner): Lock
  /** Lets time pass for the store and every run. */
  pass(seconds: number): Promise<void>
  /** Lets time pass for the store only, as when the machine of the holder sleeps. */
  passForStore(seconds: number): Promise<void>
  /** Loses the answers of the next calls, which are still applied. */
  loseAnswers(count: number): void
  /** Runs something while the next call is on its way. */
  delayNext(meanwhile: () => Promise<void>): void
  /** The fence number of the newest claim. */
  fence(): Promise<number>
  /** Switches to a new lock that no one has held. */
  renew(): void
  close(): Promise<void>
}

/** The time to live of every lock here, in seconds. */
export const TTL = 60

/** The account that the sandbox has. */
export const ACCOUNT_ID = '023e105f4ecef8ad9ca31a8372d0c353'

/** Fake token of the coordinator. */
export const COORDINATOR_TOKEN = 'fake-coordinator-token-0123456789abcdef'

/** Link to the run of an owner. */
export function runUrlOf({ runId }: LockOwner): string {
  return `https://github.com/octo-org/ops/actions/runs/${runId}`
}

/** Connection that can delay a call, and lose the answers to calls that were applied. */
export class Connection {
  readonly #fetch: typeof fetch
  #lost = 0
  #meanwhile: (() => Promise<void>) | undefined

  constructor(serving: typeof fetch) {
    this.#fetch = serving
  }

  loseAnswers(count: number): void {
    this.#lost = count
  }

  delayNext(meanwhile: () => Promise<void>): void {
    this.#meanwhile = meanwhile
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const meanwhile = this.#meanwhile
    this.#meanwhile = undefined
    await meanwhile?.()
    const response = await this.#fetch(input, init)
    if (this.#lost === 0) return response
    this.#lost -= 1
    await response.body?.cancel()
    throw new TypeError('fetch failed', {
      cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
    })
  }

  /** Fetch as a run uses it, with timeouts and retries. */
  api(errorMapper: ErrorMapper, clock: Clock): typeof fetch {
    return createApiFetch({ errorMapper, fetch: this.fetch, clock, random: () => 1 })
  }

  /** The account behind the connection. */
  account(token: string, clock: Clock): CloudflareAccount {
    return new CloudflareAccount({
      accountId: ACCOUNT_ID,
      role: 'lock',
      apiUrl: 'https://api.cloudflare.com/client/v4',
      fetch: this.api(cloudflareErrorMapper, clock),
      candidates: () => [{ name: 'CLOUDFLARE_API_TOKEN', token: new Secret(token) }]
    })
  }
}

/** Clock that can lag behind another one. */
export function lagging(clock: Clock): Clock & { lag(ms: number): void } {
  let behind = 0
  return {
    lag: (ms) => {
      behind += ms
    },
    now: () => clock.now() - behind,
    monotonic: () => clock.monotonic() - behind,
    sleep: (ms, signal) => clock.sleep(ms, signal),
    deadline: (ms) => clock.deadline(ms)
  }
}
