import { createCloudflareService } from '../sandbox/cloudflare/app.ts'
import { startConsumerWorker, type ConsumerWorker } from './consumer-worker.ts'
import { Episode } from './episode.ts'
import { FAULT_KINDS, positionsOf, type Position } from './fault-kinds.ts'
import { describeViolation } from './invariants.ts'
import type { Kind } from './kinds.ts'
import type { ProcessOptions } from './process.ts'
import { Dice } from './random.ts'
import { HOUR, SECOND } from './times.ts'
import { BOOTSTRAP, type World } from './world.ts'

/** How long a Worker is looked after, and how closely. */
export interface WatchOptions {
  /** Rotations that must end `rotated`; those that do not come on top. */
  readonly rotations: number
  readonly seed: number
  /** A request after each of so many calls; after a call that changed something there is always one. */
  readonly everyNthCall?: number
  /** The Worker sees a change of the store up to so many calls later, each secret for itself; 0, the default, at once. */
  readonly lagCalls?: number
  /** Told of each run when it has ended. */
  readonly onRun?: (outcome: string) => void
}

/** What the Worker went through. */
export interface WatchReport {
  readonly requests: number
  /** Requests that needed SECONDARY. */
  readonly fallbacks: number
  /** Requests that the Worker could not answer, with the moment of each. */
  readonly failures: readonly string[]
  /** Runs by what became of them. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Calls of the rotations. */
  readonly calls: number
  /** Calls that met a fault, or during which the process was killed. */
  readonly faults: number
  /** PRIMARY tokens that somebody deleted by hand between two rotations. */
  readonly accidents: number
  /** What else must hold, and did not. */
  readonly violations: readonly string[]
  /** Real time that a request took, in milliseconds, on average. */
  readonly requestMs: number
  /** Tells one course from another. */
  readonly hash: string
}

const WATCHED: Kind = {
  name: 'pair-watched',
  configuration: BOOTSTRAP,
  world: { withStoredSecrets: true },
  before: 0,
  intervalMs: HOUR
}
/** The credential that the example Worker uses. */
const PRIMARY = 'PRIMARY_SECRET_EDIT_TOKEN'
const SECONDARY = 'SECONDARY_SECRET_EDIT_TOKEN'
/** So many runs for each rotation that ends well mean that something is wrong with all of them. */
const RUNS_PER_ROTATION = 8

/**
 * Lets the example Worker work without pause while rotations go by in which calls fail, answers are lost and processes are killed. The Worker runs
 * on the Workers runtime; virtual time stands still while it does, and nothing of the rotation goes on before its request is answered, so that the
 * same seed takes the same course.
 */
export async function watchRotations(options: WatchOptions): Promise<WatchReport> {
  const episode = new Episode(WATCHED, options.seed)
  const worker = await startConsumerWorker(createApi(episode.world))
  try {
    const consumer = new Consumer(worker, episode.world, options)
    const tally = new Map<string, number>()
    const dice = new Dice(options.seed)
    const rotated = (): number => tally.get('rotated') ?? 0
    await episode.begin()
    await consumer.ask('before the first rotation')
    let accidents = 0
    let faults = 0
    let positions: readonly Position[] = []
    for (let run = 1; rotated() < options.rotations; run++) {
      if (run > options.rotations * RUNS_PER_ROTATION + 10) throw new Error('the rotations do not get on')
      if ((options.lagCalls ?? 0) === 0 && dice.chance(0.05) && (await haveAccident(episode))) {
        accidents += 1
        await consumer.ask('after somebody deleted PRIMARY')
      }
      const command = positions.length > 0 && dice.chance(0.04) ? 'rollback' : 'rotate'
      const course = positions.length === 0 ? {} : plantFaults(episode.world, dice, positions)
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
      await consumer.ask(`after run ${run}`)
      if (result === undefined && dice.chance(0.5)) {
        const post = await episode.run({ label: `post of run ${run}`, options: { runId } })
        const after = `post: ${post.result?.record.outcome}`
        tally.set(after, (tally.get(after) ?? 0) + 1)
      }
      episode.world.clock.advance(dice.pick([10 * SECOND, HOUR, HOUR, HOUR]))
    }
    consumer.leave()
    episode.end()
    return {
      ...consumer.report(),
      outcomes: Object.fromEntries([...tally].sort(([a], [b]) => a.localeCompare(b))),
      calls: episode.calls,
      faults,
      accidents,
      violations: episode.violations.map(describeViolation),
      hash: episode.hash
    }
  } finally {
    await worker.dispose()
  }
}

/** The API on the state of the world, with the rotation's faults, transcript and clock left to the rotation. */
function createApi({ sandbox }: World): (request: Request) => Promise<Response> {
  const service = createCloudflareService(sandbox.cloudflare)
  return async (request) => {
    const url = new URL(request.url)
    const path = service.findPath(url)
    if (path === undefined) return new Response(null, { status: 404 })
    return await service.fetch(request, { path, body: { kind: 'none' }, origin: url.origin })
  }
}

/** The consumer and what it sees of the store. */
class Consumer {
  readonly #worker: ConsumerWorker
  readonly #world: World
  readonly #lag: () => number
  readonly #everyNthCall: number
  /** What was written to the store so far, as it was noticed. */
  readonly #written = new Map<string, string>()
  /** Changes that the Worker does not see yet, in the order of their writes. */
  #coming: { readonly name: string; readonly value: string; readonly at: number }[] = []
  #calls = 0
  #turn: Promise<void> = Promise.resolve()
  #requests = 0
  #fallbacks = 0
  #spentMs = 0
  readonly #failures: string[] = []
  /** To be called when nothing is looked after any more. */
  readonly leave: () => void

  constructor(
    worker: ConsumerWorker,
    world: World,
    { seed, lagCalls = 0, everyNthCall = 1 }: Pick<WatchOptions, 'seed' | 'lagCalls' | 'everyNthCall'>
  ) {
    const dice = new Dice(seed + 1)
    this.#worker = worker
    this.#world = world
    this.#everyNthCall = everyNthCall
    this.#lag = () => (lagCalls === 0 ? 0 : dice.upTo(lagCalls))
    this.leave = world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before') return
      this.#calls += 1
      const changed = call.applied && call.method !== 'GET'
      return this.#work(`after call ${call.seq}: ${call.method} ${call.path}`, changed)
    })
  }

  /** One request, whatever happened. */
  ask(when: string): Promise<void> {
    return this.#work(when, true)
  }

  report(): Pick<WatchReport, 'requests' | 'fallbacks' | 'failures' | 'requestMs'> {
    return {
      requests: this.#requests,
      fallbacks: this.#fallbacks,
      failures: this.#failures,
      requestMs: this.#spentMs / Math.max(1, this.#requests)
    }
  }

  /** One after the other, and each only when nothing else is under way, so that real time decides nothing. */
  #work(when: string, must: boolean): Promise<void> {
    const { clock } = this.#world
    const calls = this.#calls
    this.#turn = this.#turn.then(async () => {
      await idle()
      const sees = await this.#look(calls)
      if (must || sees || calls % this.#everyNthCall === 0) await this.#request(when)
    })
    void clock.hold(this.#turn.then(idle))
    return this.#turn
  }

  /** Shows the Worker what it is to see of the store by now; answers whether that is anything new. */
  async #look(calls: number): Promise<boolean> {
    const { sandbox, account } = this.#world
    const values = sandbox.cloudflare.secretsStores.values(account.store.id)
    for (const name of this.#worker.bound) {
      const value = values[name]
      if (value === undefined || value === this.#written.get(name)) continue
      this.#written.set(name, value)
      const before = this.#coming.findLast((one) => one.name === name)?.at ?? 0
      // What is there before the first call of all has been seen for long.
      const at = calls === 0 ? 0 : Math.max(before, calls + this.#lag())
      this.#coming.push({ name, value, at })
    }
    const due = this.#coming.filter(({ at }) => at <= calls)
    this.#coming = this.#coming.filter(({ at }) => at > calls)
    for (const { name, value } of due) await this.#worker.see(name, value)
    return due.length > 0
  }

  async #request(when: string): Promise<void> {
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

/** Turns of the event loop after which whatever does not wait for time or for the Worker has come to rest. */
const IDLE_TURNS = 25

async function idle(): Promise<void> {
  for (let turn = 0; turn < IDLE_TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Somebody deletes the active token by hand, where the fallback is whole at both places. Answers whether it was. */
async function haveAccident(episode: Episode): Promise<boolean> {
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
  // That a slot holds what is revoked is not the rotation's doing.
  await episode.begin()
  return true
}

/** Lets up to three calls of the run go wrong, at any place and in any way. */
function plantFaults({ sandbox }: World, dice: Dice, positions: readonly Position[]): ProcessOptions {
  let course: ProcessOptions = {}
  for (let count = dice.pick([0, 1, 1, 2, 3]); count > 0; count--) {
    const position = dice.pick(positions)
    const kind = dice.pick(FAULT_KINDS.filter(({ skips }) => skips?.(position) !== true))
    const planted = kind.plant(position)
    if ('fault' in planted) sandbox.faults.add(planted.fault)
    else course = { crash: planted.crash }
  }
  return course
}
