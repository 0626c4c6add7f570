import { createCloudflareService } from '../sandbox/cloudflare/app.ts'
import type { WatchedWorkers } from './consumer-worker.ts'
import { RandomSource } from './random.ts'
import { SECOND } from './times.ts'
import type { World } from './world.ts'

/** When a consumer sends requests, and how late it sees changes. */
export interface ConsumerOptions {
  readonly seed: number
  /** Calls between two requests; after a call that changed something there is always one. */
  readonly everyNthCall?: number
  /** Most seconds after which the Workers see a write to the store, drawn for each write; 0, the default, is at once. */
  readonly lagSeconds?: number
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

/** Consumer, with its view of the store. The coordinator has the same view. */
export class WatchedConsumer {
  readonly #workers: WatchedWorkers
  readonly #world: World
  readonly #source: RandomSource
  readonly #lagSeconds: number
  /** Values that were written to the store so far, as they were noticed. */
  readonly #written = new Map<string, string>()
  /** Writes that the Workers do not see yet, in the order in which they were made; `at` is the time when they do. */
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
    workers: WatchedWorkers,
    world: World,
    { seed, lagSeconds = 0, everyNthCall = 1 }: ConsumerOptions
  ) {
    this.#workers = workers
    this.#world = world
    this.#source = new RandomSource(seed + 1)
    this.#lagSeconds = lagSeconds
    this.stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before') return
      this.#calls += 1
      const isWanted = (call.applied && call.method !== 'GET') || this.#calls % everyNthCall === 0
      return this.#enqueue(
        `after call ${call.seq}: ${call.method} ${call.path}`,
        async () => (await this.#updateWorkers()) || isWanted
      )
    })
  }

  /** Sends one request in any case. */
  request(when: string): Promise<void> {
    return this.#enqueue(when, async () => {
      await this.#updateWorkers()
      return true
    })
  }

  report(): ConsumerReport {
    return {
      requests: this.#requests,
      fallbacks: this.#fallbacks,
      failures: this.#failures,
      requestMs: this.#spentMs / Math.max(1, this.#requests)
    }
  }

  /** Lets time pass, with a request whenever the Workers see a write. */
  async pass(ms: number): Promise<void> {
    const { clock } = this.#world
    const end = clock.now() + ms
    const times = this.#pendingChanges.map(({ at }) => at).filter((at) => at <= end)
    for (const at of [...times.sort((one, other) => one - other), end]) {
      clock.advance(at - clock.now())
      await this.request('between two runs')
    }
  }

  /** Sends a request of a run to the coordinator. @throws TypeError for some, as where it cannot be reached */
  async ask(request: Request): Promise<Response> {
    const isLost = this.#source.chance(0.05)
    let answer: Response | undefined
    await this.#enqueue('while the run waits', async () => {
      const sees = await this.#updateWorkers()
      if (!isLost) answer = await this.#workers.askCoordinator(request)
      return sees
    })
    if (answer === undefined) throw new TypeError('fetch failed')
    return answer
  }

  /** Queues a request. Requests are sent one after the other, and only when nothing else is in progress, so that real time decides nothing. */
  #enqueue(when: string, isWanted: () => Promise<boolean>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      await idle()
      if (await isWanted()) await this.#send(when)
    })
    void this.#world.clock.hold(this.#queue.then(idle))
    return this.#queue
  }

  /** Shows the Workers the writes that are due; returns whether there are any. */
  async #updateWorkers(): Promise<boolean> {
    const { sandbox, account, clock } = this.#world
    const now = clock.now()
    const isFirst = this.#written.size === 0
    for (const [name, value] of Object.entries(sandbox.cloudflare.secretsStores.values(account.store.id))) {
      if (value === this.#written.get(name)) continue
      this.#written.set(name, value)
      const before = this.#pendingChanges.findLast((one) => one.name === name)?.at ?? 0
      // What was there before the very first call has been visible for long.
      const at = isFirst ? now : Math.max(before, now + this.#drawLag())
      this.#pendingChanges.push({ name, value, at })
    }
    const due = this.#pendingChanges.filter(({ at }) => at <= now)
    this.#pendingChanges = this.#pendingChanges.filter(({ at }) => at > now)
    for (const { name, value } of due) await this.#workers.setSecret(name, value)
    return due.length > 0
  }

  #drawLag(): number {
    return this.#lagSeconds === 0 ? 0 : this.#source.upTo(this.#lagSeconds) * SECOND
  }

  async #send(when: string): Promise<void> {
    const callsBefore = this.#workers.apiCalls
    const startedAt = performance.now()
    const { status, text } = await this.#workers.request()
    this.#spentMs += performance.now() - startedAt
    this.#requests += 1
    if (this.#workers.apiCalls - callsBefore > 1) this.#fallbacks += 1
    if (status !== 200 || !/^[1-9]\d*\n$/.test(text))
      this.#failures.push(`${when}: ${status} ${text.slice(0, 200)}`)
  }
}

/** Turns of the event loop after which everything that does not wait for time or for the Worker is idle. */
const IDLE_TURNS = 25

async function idle(): Promise<void> {
  for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
