import { CloudflareAccount } from '../../src/cloudflare/account.ts'
import { cloudflareErrorMapper } from '../../src/cloudflare/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import type { ErrorMapper } from '../../src/http/error-mapper.ts'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import type { Lock } from '../../src/rotation/model/lock.ts'
import { Secret } from '../../src/kernel/secret.ts'

/** What a kind of lock promises besides what every kind does. */
export type Guarantee =
  /** Of any number of runs that claim at the same moment, one gets it. */
  | 'exclusive'
  /** Each claim has a greater number, and a holder who lost the lock is told so by its keeper, whatever the holder's clocks say. */
  | 'fenced'

/** One kind of lock on real parts, as the conformance suite drives it. Each lock of a subject is the one that {@link LockSubject.renew} chose. */
export interface LockSubject {
  /** The lock as one job sees it. */
  lockOf(owner: LockOwner): Lock
  /** Lets time pass for everybody. */
  pass(seconds: number): Promise<void>
  /** Lets time pass for whoever keeps the lock alone, as when the machine of its holder was asleep. */
  passForKeeper(seconds: number): Promise<void>
  /** Lets so many of the next calls be carried out without being answered. */
  loseAnswers(count: number): void
  /** Lets something happen while the next call is on its way. */
  delayNext(meanwhile: () => Promise<void>): void
  /** The number of the newest claim. */
  fence(): Promise<number>
  /** Goes on with another lock that nobody ever held. */
  renew(): void
  close(): Promise<void>
}

/** The time to live of every lock here, in seconds. */
export const TTL = 60

/** The account that the sandbox has. */
export const ACCOUNT_ID = '023e105f4ecef8ad9ca31a8372d0c353'

/** The token of the coordinator here; fake. */
export const COORDINATOR_TOKEN = 'fake-coordinator-token-0123456789abcdef'

/** A link that names its run. */
export function runUrlOf({ runId }: LockOwner): string {
  return `https://github.com/octo-org/ops/actions/runs/${runId}`
}

/** A connection that can hold a call up, and lose answers to calls that were carried out. */
export class Line {
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

  /** As the run itself calls: with time-outs and retries. */
  api(errorMapper: ErrorMapper, clock: Clock): typeof fetch {
    return createApiFetch({ errorMapper, fetch: this.fetch, clock, random: () => 1 })
  }

  /** The account behind the line. */
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

/** A clock that can stand still while another goes on. */
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
