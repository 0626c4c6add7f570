import { createCloudflareService } from '../sandbox/cloudflare/app.ts'
import { startConsumerWorker, type ConsumerWorker } from './consumer-worker.ts'
import { Episode } from './episode.ts'
import { FAULT_KINDS, positionsOf, type Position } from './fault-kinds.ts'
import { describeViolation } from './invariants.ts'
import type { Kind } from './kinds.ts'
import type { ProcessOptions } from './process.ts'
import { RandomSource } from './random.ts'
import { HOUR, SECOND } from './times.ts'
import { BOOTSTRAP, type World } from './world.ts'

/** Options for watching a Worker. */
export interface WatchOptions {
  /** Number of rotations that must end `rotated`; others come on top. */
  readonly rotations: number
  readonly seed: number
  /** Calls between two requests; after a call that changed something there is always one. */
  readonly everyNthCall?: number
  /** Most calls by which the Worker sees a change of the store later, drawn for each secret; 0, the default, is at once. */
  readonly lagCalls?: number
  /** Called after each run. */
  readonly onRun?: (outcome: string) => void
}

/** Result of watching the Worker. */
export interface WatchReport {
  readonly requests: number
  /** Requests that needed SECONDARY. */
  readonly fallbacks: number
  /** Requests that the Worker could not answer, with the time of each. */
  readonly failures: readonly string[]
  /** Runs by outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Calls of the rotations. */
  readonly calls: number
  /** Calls that met a fault, or during which the process was killed. */
  readonly faults: number
  /** PRIMARY tokens that were deleted by hand between two rotations. */
  readonly manualDeletions: number
  /** Violations of the other invariants. */
  readonly violations: readonly string[]
  /** Average real time of a request, in milliseconds. */
  readonly requestMs: number
  /** Hash that identifies the course. */
  readonly hash: string
}

const WATCHED: Kind = {
  name: 'pair-watched',
  configuration: BOOTSTRAP,
  world: { withStoredSecrets: true },
  before: 0,
  intervalMs: HOUR
}
/** Secrets that the example Worker uses. */
const PRIMARY = 'PRIMARY_SECRET_EDIT_TOKEN'
const SECONDARY = 'SECONDARY_SECRET_EDIT_TOKEN'
/** Most runs for each successful rotation; more mean that something is wrong with all of them. */
const RUNS_PER_ROTATION = 8

/**
 * Sends requests to the example Worker during rotations in which calls fail, answers are lost and processes are killed. The Worker runs on the
 * Workers runtime. Virtual time stops while it works, and the rotation continues only after its request is answered, so the same seed takes the same
 * course.
 */
export async function watchRotations(options: WatchOptions): Promise<WatchReport> {
  const episode = new Episode(WATCHED, options.seed)
  const worker = await startConsumerWorker(createApi(episode.world))
  try {
    const consumer = new Consumer(worker, episode.world, options)
    const tally = new Map<string, number>()
    const source = new RandomSource(options.seed)
    const rotated = (): number => tally.get('rotated') ?? 0
    await episode.begin()
    await consumer.request('before the first rotation')
    let manualDeletions = 0
    let faults = 0
    let positions: readonly Position[] = []
    for (let run = 1; rotated() < options.rotations; run++) {
      if (run > options.rotations * RUNS_PER_ROTATION + 10) throw new Error('the rotations do not get on')
      if ((options.lagCalls ?? 0) === 0 && source.chance(0.05) && (await deletePrimaryByHand(episode))) {
        manualDeletions += 1
        await consumer.request('after PRIMARY was deleted by hand')
      }
      const command = positions.length > 0 && source.chance(0.04) ? 'rollback' : 'rotate'
      const course = positions.length === 0 ? {} : injectFaults(episode.world, source, positions)
      const { result, calls, runId } = await episode.run({
        label: `run ${run}`,
        ...course,
        options: { command }
      })
      episode.world.sandbox.faults.clear()
      const outcome = result?.record.outcome ?? 'killed'
      const name = command === 'rotate' ? outcome : `rollback: ${outcome}`
      tally.set(name, (tally.get(name) ?? 0) + 1)
      options.onRun?.(name)
      faults += calls.filter(({ fault }) => fault !== undefined).length + (result === undefined ? 1 : 0)
      if (name === 'rotated' && calls.every(({ fault }) => fault === undefined))
        positions = positionsOf(calls)
      await consumer.request(`after run ${run}`)
      if (result === undefined && source.chance(0.5)) {
        const post = await episode.run({ label: `post of run ${run}`, options: { runId } })
        const after = `post: ${post.result?.record.outcome}`
        tally.set(after, (tally.get(after) ?? 0) + 1)
      }
      episode.world.clock.advance(source.pick([10 * SECOND, HOUR, HOUR, HOUR]))
    }
    consumer.stop()
    episode.end()
    return {
      ...consumer.report(),
      outcomes: Object.fromEntries([...tally].sort(([a], [b]) => a.localeCompare(b))),
      calls: episode.calls,
      faults,
      manualDeletions,
      violations: episode.violations.map(describeViolation),
      hash: episode.hash
    }
  } finally {
    await worker.dispose()
  }
}

/** Creates the API on the state of the world, without the faults, transcript and clock of the rotation. */
function createApi({ sandbox }: World): (request: Request) => Promise<Response> {
  const service = createCloudflareService(sandbox.cloudflare)
  return async (request) => {
    const url = new URL(request.url)
    const path = service.findPath(url)
    if (path === undefined) return new Response(null, { status: 404 })
    return await service.fetch(request, { path, body: { kind: 'none' }, origin: url.origin })
  }
}

/** Consumer, with its view of the store. */
class Consumer {
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
    { seed, lagCalls = 0, everyNthCall = 1 }: Pick<WatchOptions, 'seed' | 'lagCalls' | 'everyNthCall'>
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

  report(): Pick<WatchReport, 'requests' | 'fallbacks' | 'failures' | 'requestMs'> {
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

/** Deletes the active token by hand, where the fallback works at both destinations. @returns whether it did */
async function deletePrimaryByHand(episode: Episode): Promise<boolean> {
  const { world } = episode
  const { sandbox, account } = world
  const { tokens, secretsStores } = sandbox.cloudflare
  const places = [secretsStores.values(account.store.id), world.environment()]
  const isWhole = places.every(
    ({ [PRIMARY]: primary = '', [SECONDARY]: secondary = '' }) =>
      primary !== secondary && tokens.works(primary) && tokens.works(secondary)
  )
  if (!isWhole) return false
  tokens.delete(tokens.findByValue(places[0]![PRIMARY]!)!.id)
  // The rotation did not cause the slot to hold a revoked token.
  await episode.begin()
  return true
}

/** Injects up to three faults at random positions of the run. */
function injectFaults(
  { sandbox }: World,
  source: RandomSource,
  positions: readonly Position[]
): ProcessOptions {
  let course: ProcessOptions = {}
  for (let count = source.pick([0, 1, 1, 2, 3]); count > 0; count--) {
    const position = source.pick(positions)
    const kind = source.pick(FAULT_KINDS.filter(({ skips }) => skips?.(position) !== true))
    const injected = kind.inject(position)
    if ('fault' in injected) sandbox.faults.add(injected.fault)
    else course = { crash: injected.crash }
  }
  return course
}
