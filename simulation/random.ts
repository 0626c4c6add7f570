import { seededRandom } from '../sandbox/random.ts'
import type { Fault } from '../sandbox/faults.ts'
import { withD1, withoutLock } from './configurations.ts'
import { Episode, type Onlooker } from './episode.ts'
import { recover, type TrialResult } from './exhaustive.ts'
import { KINDS, type Kind } from './kinds.ts'
import type { ProcessOptions } from './process.ts'
import type { SimulatedTime } from './simulated-clock.ts'
import { HOUR, MINUTE, SECOND } from './times.ts'
import type { RunOptions, World } from './world.ts'

/** Options of a random trial. */
export interface DrawnOptions {
  /** All when absent. */
  readonly kinds?: readonly Kind[] | undefined
  readonly onRun?: Onlooker | undefined
}

/** Source of random choices from a seed. */
export class Dice {
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
  { kinds = KINDS, onRun }: DrawnOptions = {}
): Promise<TrialResult> {
  const dice = new Dice(seed)
  const drawn = dice.pick(kinds)
  const change = dice.pick([undefined, undefined, undefined, withoutLock, withD1])
  const kind = change === undefined ? drawn : { ...drawn, configuration: change(drawn.configuration) }
  const episode = new Episode(kind, seed, onRun)
  await episode.begin()
  const { world } = episode
  makeWeather(world, dice)
  for (let run = 1, runs = dice.upTo(3); run <= runs; run++) {
    await runBadly(episode, dice, run)
    world.clock.advance(dice.pick([SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR]))
  }
  clearWeather(world)
  await recover(episode, FURTHER_RUNS)
  episode.end()
  const { runs, calls, violations, hash } = episode
  return { id: `random:${seed}`, kind: kind.name, runs, calls, violations, hash }
}

async function runBadly(episode: Episode, dice: Dice, number: number): Promise<void> {
  const { world, kind } = episode
  const { faults } = world.sandbox
  for (let count = dice.pick([0, 1, 1, 2, 3]); count > 0; count--) faults.add(drawFault(dice))
  if (dice.chance(0.2)) {
    for (const key of world.account.namespace.keys) world.account.namespace.answerStale(key, dice.upTo(3))
  }
  const label = `run ${number}`
  const { runId, result } = await episode.run({
    label,
    ...drawCourse(dice, { ...kind.run, force: dice.chance(0.3) })
  })
  faults.clear()
  if (result !== undefined || dice.chance(0.5)) return
  // The machine survived: `post` runs in the same job.
  world.clock.advance(dice.pick([0, SECOND, 30 * SECOND]))
  await episode.run({ label: `post of run ${number}`, options: { runId } })
}

function drawFault(dice: Dice): Fault {
  const answer = dice.pick<Fault['answer']>([
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
  const count = dice.pick([1, 1, 1, 2, 4, 8, Infinity])
  const match = dice.pick<Fault['match']>([
    { nth: dice.upTo(60), count },
    { method: dice.pick(['PUT', 'POST', 'DELETE', 'PATCH']), nth: dice.upTo(5), count },
    { api: dice.pick(['cloudflare', 'github', 'service']), nth: dice.upTo(30), count },
    {
      path: dice.pick([/secrets/, /tokens/, /issues/, /storage/, /policies|groups/, /runs/]),
      nth: dice.upTo(12),
      count
    }
  ])
  const api = apiOf(answer, dice)
  return {
    match: { ...match, ...api },
    when: refuses ? 'before' : dice.pick(['before', 'after']),
    answer
  }
}

/** Restricts some faults to the APIs: a service that answers 200 to every caller is not a fault that a probe could detect. */
function apiOf(answer: Fault['answer'], dice: Dice): Fault['match'] {
  if (answer === 'garbage') return { api: dice.pick(['cloudflare', 'github']) }
  return answer === 'success-false' ? { api: 'cloudflare' } : {}
}

/** Draws when the process is killed, when it is cancelled, and when its clock jumps. */
function drawCourse(dice: Dice, options: RunOptions): ProcessOptions & { readonly options: RunOptions } {
  const killedAt = dice.chance(0.25) ? dice.upTo(55) : Infinity
  const cancelledAt = dice.chance(0.2) ? dice.upTo(55) : Infinity
  const forcedAt = dice.chance(0.5) ? cancelledAt + dice.upTo(12) : Infinity
  const jumpsAt = dice.chance(0.2) ? dice.upTo(50) : Infinity
  const jumpMs = dice.pick([-10 * MINUTE, -MINUTE, -2 * SECOND, 2 * SECOND, MINUTE, 10 * MINUTE])
  const [cancelled, forced] = [new AbortController(), new AbortController()]
  let time: SimulatedTime | undefined
  return {
    crash: { at: (_call, index) => index === killedAt, when: dice.pick(['before', 'after']) },
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
export function makeWeather({ sandbox }: World, dice: Dice): void {
  const { cloudflare } = sandbox
  const delay = (): number => dice.pick([0, 0, SECOND, 5 * SECOND, 20 * SECOND])
  cloudflare.tokens.propagationMs = delay()
  cloudflare.secretsStores.pendingMs = dice.pick([0, 0, 5 * SECOND, 45 * SECOND])
  cloudflare.kv.staleReadMs = dice.pick([0, 0, 0, SECOND, 30 * SECOND, 90 * SECOND])
  cloudflare.access.delays.newSecretsMs = delay()
  cloudflare.access.delays.revocationsMs = delay()
  cloudflare.access.delays.policiesMs = delay()
  cloudflare.access.serviceTokens.showsLastSeen = dice.chance(0.7)
  cloudflare.access.serviceTokens.showsSecretVersion = dice.chance(0.3)
  cloudflare.invalidTokenAnswer = dice.pick(['invalid', 'unauthorized'])
  if (dice.chance(0.1)) cloudflare.rateLimit.requests = 40 + dice.upTo(60)
  sandbox.latencyMs = dice.pick([0, 0, 20, 300])
}

/** Resets the delays, stale reads and limits. */
export function clearWeather({ sandbox }: World): void {
  const { cloudflare } = sandbox
  cloudflare.tokens.propagationMs = 0
  cloudflare.secretsStores.pendingMs = 0
  cloudflare.kv.staleReadMs = 0
  Object.assign(cloudflare.access.delays, { newSecretsMs: 0, revocationsMs: 0, policiesMs: 0 })
  cloudflare.rateLimit.requests = 1200
  sandbox.latencyMs = 0
}
