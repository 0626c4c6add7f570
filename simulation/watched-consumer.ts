import { createCloudflareService } from '../sandbox/cloudflare/app.ts'
import type { ConsumerWorker } from './consumer-worker.ts'
import { RandomSource } from './random.ts'
import type { World } from './world.ts'

/** When a consumer sends requests, and how late it sees changes. */
export interface ConsumerOptions {
  readonly seed: number
  /** Calls between two requests; after a call that changed something there is always one. */
  readonly everyNthCall?: number
  /** Most calls by which the Worker sees a change of the store later, drawn for each secret; 0, the default, is at once. */
  readonly lagCalls?: number
}

/** Requests of a consumer. */
export interface ConsumerReport {
  readonly requests: number
  /** Requests that needed SECONDARY. */
  readonly fallbacks: number
  /** Requests that the Worker could not answer, with the time of each. */
  readonly failures: readonly string[]
  /** Average real time of a request, in milliseconds. */
  readonly requestMs: number
}

/** Creates the API on the state of the world, without the faults, transcript and clock of the rotation. */
export function createApi({ sandbox }: World): (request: Request) => Promise<Response> {
  const service = createCloudflareService(sandbox.cloudflare)
  return async (request) => {
    const url = new URL(request.url)
    const path = service.findPath(url)
    if (path === undefined) return new Response(null, { status: 404 })
    return await service.fetch(request, { path, body: { kind: 'none' }, origin: url.origin })
  }
}

/** Consumer, with its view of the store. */
export class WatchedConsumer {
  readonly #worker: ConsumerWorker
  readonly #world: World
  readonly #lag: () => number
  readonly #everyNthCall: number
  /** Values that were written to the store so far, as they were noticed. */
  readonly #written = new Map<string, string>()
  /** Changes that the Worker does not see yet, in the order of their writes. */
  #pendingChanges: { readonly name: string; readonly value: string; readonly at: number }[] = []
  #calls = 0
  #queue: Promise<void> = Promise.resolve()
  #requests = 0
  #fallbacks = 0
  #spentMs = 0
  readonly #failures: string[] = []
  /** Stops watching. */
  readonly stop: () => void

  constructor(
    worker: ConsumerWorker,
    world: World,
    { seed, lagCalls = 0, everyNthCall = 1 }: ConsumerOptions
  ) {
    const source = new RandomSource(seed + 1)
    this.#worker = worker
    this.#world = world
    this.#everyNthCall = everyNthCall
    this.#lag = () => (lagCalls === 0 ? 0 : source.upTo(lagCalls))
    this.stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before') return
      this.#calls += 1
      const changed = call.applied && call.method !== 'GET'
      return this.#enqueue(`after call ${call.seq}: ${call.method} ${call.path}`, changed)
    })
  }

  /** Sends one request in any case. */
  request(when: string): Promise<void> {
    return this.#enqueue(when, true)
  }

  report(): ConsumerReport {
    return {
      requests: this.#requests,
      fallbacks: this.#fallbacks,
      failures: this.#failures,
      requestMs: this.#spentMs / Math.max(1, this.#requests)
    }
  }

  /** Queues a request. Requests are sent one after the other, and only when nothing else is in progress, so that real time decides nothing. */
  #enqueue(when: string, must: boolean): Promise<void> {
    const { clock } = this.#world
    const calls = this.#calls
    this.#queue = this.#queue.then(async () => {
      await idle()
      const sees = await this.#updateWorker(calls)
      if (must || sees || calls % this.#everyNthCall === 0) await this.#send(when)
    })
    void clock.hold(this.#queue.then(idle))
    return this.#queue
  }

  /** Shows the Worker the changes of the store that are due; returns whether there are any. */
  async #updateWorker(calls: number): Promise<boolean> {
    const { sandbox, account } = this.#world
    const values = sandbox.cloudflare.secretsStores.values(account.store.id)
    for (const name of this.#worker.boundSecrets) {
      const value = values[name]
      if (value === undefined || value === this.#written.get(name)) continue
      this.#written.set(name, value)
      const before = this.#pendingChanges.findLast((one) => one.name === name)?.at ?? 0
      // What was there before the very first call has been visible for long.
      const at = calls === 0 ? 0 : Math.max(before, calls + this.#lag())
      this.#pendingChanges.push({ name, value, at })
    }
    const due = this.#pendingChanges.filter(({ at }) => at <= calls)
    this.#pendingChanges = this.#pendingChanges.filter(({ at }) => at > calls)
    for (const { name, value } of due) await this.#worker.setSecret(name, value)
    return due.length > 0
  }

  async #send(when: string): Promise<void> {
    const callsBefore = this.#worker.apiCalls
    const startedAt = performance.now()
    const { status, text } = await this.#worker.request()
    this.#spentMs += performance.now() - startedAt
    this.#requests += 1
    if (this.#worker.apiCalls - callsBefore > 1) this.#fallbacks += 1
    if (status !== 200 || !/^[1-9]\d*\n$/.test(text))
      this.#failures.push(`${when}: ${status} ${text.slice(0, 200)}`)
  }
}

/** Turns of the event loop after which everything that does not wait for time or for the Worker is idle. */
const IDLE_TURNS = 25

async function idle(): Promise<void> {
  for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
