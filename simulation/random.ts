import { seededRandom } from '../sandbox/random.ts'
import type { Fault } from '../sandbox/faults.ts'
import { withD1, withoutLock } from './configurations.ts'
import { Episode, type RunObserver } from './episode.ts'
import { recover, type TrialResult } from './exhaustive.ts'
import { DRAWN_KINDS, type Kind } from './kinds.ts'
import type { ProcessOptions } from './process.ts'
import type { SimulatedTime } from './simulated-clock.ts'
import { HOUR, MINUTE, SECOND } from './times.ts'
import type { RunOptions, World } from './world.ts'

/** Options of a random trial. */
export interface DrawnOptions {
  /** All when absent. */
  readonly kinds?: readonly Kind[] | undefined
  readonly onRun?: RunObserver | undefined
}

/** Source of random choices from a seed. */
export class RandomSource {
  readonly random: () => number

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** Picks one of the choices. */
  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!
  }

  /** Picks an integer from 1 to a limit. */
  upTo(limit: number): number {
    return 1 + Math.floor(this.random() * limit)
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }
}

/** Most runs without a fault that may follow until everything is in order. */
const FURTHER_RUNS = 4

/** Runs a random trial: several runs in a row of a random kind, with several faults each, on degraded platforms; then some without faults. */
export async function runRandom(
  seed: number,
  { kinds = DRAWN_KINDS, onRun }: DrawnOptions = {}
): Promise<TrialResult> {
  const source = new RandomSource(seed)
  const drawn = source.pick(kinds)
  const change = source.pick([undefined, undefined, undefined, withoutLock, withD1])
  const kind = change === undefined ? drawn : { ...drawn, configuration: change(drawn.configuration) }
  const episode = new Episode(kind, seed, onRun)
  await episode.begin()
  const { world } = episode
  degradePlatforms(world, source)
  for (let run = 1, runs = source.upTo(3); run <= runs; run++) {
    await runWithFaults(episode, source, run)
    world.clock.advance(source.pick([SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR]))
  }
  restorePlatforms(world)
  await recover(episode, FURTHER_RUNS)
  episode.end()
  const { runs, calls, violations, hash } = episode
  return { id: `random:${seed}`, kind: kind.name, runs, calls, violations, hash }
}

async function runWithFaults(episode: Episode, source: RandomSource, number: number): Promise<void> {
  const { world, kind } = episode
  const { faults } = world.sandbox
  for (let count = source.pick([0, 1, 1, 2, 3]); count > 0; count--) faults.add(drawFault(source))
  if (source.chance(0.2)) {
    for (const key of world.account.namespace.keys) world.account.namespace.answerStale(key, source.upTo(3))
  }
  const label = `run ${number}`
  const { runId, result } = await episode.run({
    label,
    ...drawDisturbances(source, { ...kind.run, force: source.chance(0.3) })
  })
  faults.clear()
  if (result !== undefined || source.chance(0.5)) return
  // The machine survived: `post` runs in the same job.
  world.clock.advance(source.pick([0, SECOND, 30 * SECOND]))
  await episode.run({ label: `post of run ${number}`, options: { runId } })
}

function drawFault(source: RandomSource): Fault {
  const answer = source.pick<Fault['answer']>([
    'drop',
    'drop',
    'hang',
    'garbage',
    'success-false',
    { status: 500 },
    { status: 503 },
    { rateLimit: 600 },
    { rateLimit: 3 }
  ])
  const refuses = typeof answer === 'object' || answer === 'success-false'
  const count = source.pick([1, 1, 1, 2, 4, 8, Infinity])
  const match = source.pick<Fault['match']>([
    { nth: source.upTo(60), count },
    { method: source.pick(['PUT', 'POST', 'DELETE', 'PATCH']), nth: source.upTo(5), count },
    { api: source.pick(['cloudflare', 'github', 'service']), nth: source.upTo(30), count },
    {
      path: source.pick([/secrets/, /tokens/, /issues/, /storage/, /policies|groups/, /runs/]),
      nth: source.upTo(12),
      count
    }
  ])
  const api = apiOf(answer, source)
  return {
    match: { ...match, ...api },
    when: refuses ? 'before' : source.pick(['before', 'after']),
    answer
  }
}

/** Restricts some faults to the APIs: a service that answers 200 to every caller is not a fault that a probe could detect. */
function apiOf(answer: Fault['answer'], source: RandomSource): Fault['match'] {
  if (answer === 'garbage') return { api: source.pick(['cloudflare', 'github']) }
  return answer === 'success-false' ? { api: 'cloudflare' } : {}
}

/** Draws when the process is killed, when it is cancelled, and when its clock jumps. */
function drawDisturbances(
  source: RandomSource,
  options: RunOptions
): ProcessOptions & { readonly options: RunOptions } {
  const killedAt = source.chance(0.25) ? source.upTo(55) : Infinity
  const cancelledAt = source.chance(0.2) ? source.upTo(55) : Infinity
  const forcedAt = source.chance(0.5) ? cancelledAt + source.upTo(12) : Infinity
  const jumpsAt = source.chance(0.2) ? source.upTo(50) : Infinity
  const jumpMs = source.pick([-10 * MINUTE, -MINUTE, -2 * SECOND, 2 * SECOND, MINUTE, 10 * MINUTE])
  const [cancelled, forced] = [new AbortController(), new AbortController()]
  let time: SimulatedTime | undefined
  return {
    crash: { at: (_call, index) => index === killedAt, when: source.pick(['before', 'after']) },
    onSend: ({ index }) => {
      if (index === cancelledAt) cancelled.abort()
      if (index === forcedAt) forced.abort()
      if (index === jumpsAt && time !== undefined) time.skewMs += jumpMs
    },
    options: {
      ...options,
      cancelled: cancelled.signal,
      forced: forced.signal,
      onClock: (own) => {
        time = own
      }
    }
  }
}

/** Sets random delays, stale reads and limits of the platforms. */
function degradePlatforms({ sandbox }: World, source: RandomSource): void {
  const { cloudflare } = sandbox
  const delay = (): number => source.pick([0, 0, SECOND, 5 * SECOND, 20 * SECOND])
  cloudflare.tokens.propagationMs = delay()
  cloudflare.secretsStores.pendingMs = source.pick([0, 0, 5 * SECOND, 45 * SECOND])
  cloudflare.kv.staleReadMs = source.pick([0, 0, 0, SECOND, 30 * SECOND, 90 * SECOND])
  cloudflare.access.delays.newSecretsMs = delay()
  cloudflare.access.delays.revocationsMs = delay()
  cloudflare.access.delays.policiesMs = delay()
  cloudflare.access.serviceTokens.includesLastSeen = source.chance(0.7)
  cloudflare.access.serviceTokens.includesSecretVersion = source.chance(0.3)
  cloudflare.invalidTokenAnswer = source.pick(['invalid', 'unauthorized'])
  if (source.chance(0.1)) cloudflare.rateLimit.requests = 40 + source.upTo(60)
  sandbox.latencyMs = source.pick([0, 0, 20, 300])
}

/** Resets the delays, stale reads and limits. */
function restorePlatforms({ sandbox }: World): void {
  const { cloudflare } = sandbox
  cloudflare.tokens.propagationMs = 0
  cloudflare.secretsStores.pendingMs = 0
  cloudflare.kv.staleReadMs = 0
  Object.assign(cloudflare.access.delays, { newSecretsMs: 0, revocationsMs: 0, policiesMs: 0 })
  cloudflare.rateLimit.requests = 1200
  sandbox.latencyMs = 0
}
