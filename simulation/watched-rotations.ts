import { configure, SINGLE_TOKEN } from './configurations.ts'
import { startWatchedWorkers } from './consumer-worker.ts'
import { COORDINATOR_URL } from './coordinator-fetch.ts'
import { Episode } from './episode.ts'
import { FAULT_KINDS, positionsOf, type Position } from './fault-kinds.ts'
import { describeViolation } from './invariants.ts'
import type { Kind } from './kinds.ts'
import type { ProcessOptions } from './process.ts'
import { RandomSource } from './random.ts'
import { HOUR, MINUTE, SECOND } from './times.ts'
import { createApi, WatchedConsumer, type ConsumerOptions, type ConsumerReport } from './watched-consumer.ts'
import { BOOTSTRAP, type World } from './world.ts'

/** Options for watching a Worker. */
export interface WatchOptions extends ConsumerOptions {
  /** Number of rotations that must end `rotated`; others come on top. */
  readonly rotations: number
  /** Whether a write is confirmed only when the coordinator sees it; true by default. */
  readonly eyes?: boolean
  /** Slots of a credential; 2 by default. */
  readonly slots?: 1 | 2
  /** Called after each run. */
  readonly onRun?: (outcome: string) => void
}

/** Result of watching the Worker. */
export interface WatchReport extends ConsumerReport {
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
  /** Hash that identifies the course. */
  readonly hash: string
}

const REPORT_TOKEN = 'fake-report-token-0123456789abcdefgh'
const SLOTS_TOKEN = 'fake-slots-token-0123456789abcdefghi'
const WATCHED = { world: { withStoredSecrets: true }, before: 0, intervalMs: HOUR } as const

/** The kind of rotation that is watched; with eyes, the coordinator must see what is written to the store. */
function kindOf({ eyes = true, slots = 2 }: WatchOptions): Kind {
  const configuration = slots === 1 ? SINGLE_TOKEN : BOOTSTRAP
  const name = slots === 1 ? 'single-watched' : 'pair-watched'
  if (!eyes) return { ...WATCHED, name, configuration }
  return {
    ...WATCHED,
    name: `${name}-seen`,
    configuration: configure(configuration, {
      top: { coordinator: { url: COORDINATOR_URL, token: 'REPORT_TOKEN', 'slots-token': 'SLOTS_TOKEN' } },
      store: { 'seen-by': 'coordinator' }
    }),
    prepare: ({ account }) => {
      const environment = account.repository.environment(account.environment)
      environment.put('REPORT_TOKEN', REPORT_TOKEN)
      environment.put('SLOTS_TOKEN', SLOTS_TOKEN)
    }
  }
}
/** Secrets that the example Worker uses. */
const PRIMARY = 'PRIMARY_SECRET_EDIT_TOKEN'
const SECONDARY = 'SECONDARY_SECRET_EDIT_TOKEN'
/** Secrets that the coordinator reads. */
const SECRETS = [
  PRIMARY,
  SECONDARY,
  'PRIMARY_TOKEN_CREATION_TOKEN',
  'SECONDARY_TOKEN_CREATION_TOKEN'
] as const
/** Most runs for each successful rotation; more mean that something is wrong with all of them. */
const RUNS_PER_ROTATION = 8

/**
 * Sends requests to the example Worker during rotations in which calls fail, answers are lost and processes are killed. The Worker runs on the
 * Workers runtime. Virtual time stops while it works, and the rotation continues only after its request is answered, so the same seed takes the same
 * course.
 */
export async function watchRotations(options: WatchOptions): Promise<WatchReport> {
  const { eyes = true, slots = 2 } = options
  const episode = new Episode(kindOf(options), options.seed)
  const workers = await startWatchedWorkers({
    api: createApi(episode.world),
    secrets: SECRETS,
    slotsToken: SLOTS_TOKEN
  })
  try {
    const consumer = new WatchedConsumer(workers, episode.world, options)
    const coordinator = eyes ? { coordinator: (request: Request) => consumer.ask(request) } : {}
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
      if (
        slots === 2 &&
        (options.lagSeconds ?? 0) === 0 &&
        source.chance(0.05) &&
        (await deletePrimaryByHand(episode))
      ) {
        manualDeletions += 1
        await consumer.request('after PRIMARY was deleted by hand')
      }
      const command = slots === 2 && positions.length > 0 && source.chance(0.04) ? 'rollback' : 'rotate'
      const course = positions.length === 0 ? {} : injectFaults(episode.world, source, positions)
      const { result, calls, runId } = await episode.run({
        label: `run ${run}`,
        ...course,
        options: { command, ...coordinator }
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
        const post = await episode.run({ label: `post of run ${run}`, options: { runId, ...coordinator } })
        const after = `post: ${post.result?.record.outcome}`
        tally.set(after, (tally.get(after) ?? 0) + 1)
      }
      await consumer.pass(source.pick([10 * SECOND, MINUTE, HOUR, HOUR]))
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
    await workers.dispose()
  }
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
