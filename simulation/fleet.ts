import type { Fault } from '../sandbox/faults.ts'
import { seededRandom } from '../sandbox/random.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Call } from '../sandbox/transcript.ts'
import type { Kind } from './kinds.ts'
import { DAY } from './times.ts'
import type { World } from './world.ts'

/** Secrets that one environment or repository takes: GitHub allows 100, and the bootstrap pair is there too. */
const PER_PLACE = 95

/** Where the deploy token of a rotation feeds the next run: GitHub allows 100 secrets in a place, and a run sees those of three. */
const FEEDS = [
  { repository: 'octo-org/ops', environment: 'rotation' },
  { repository: 'octo-org/ops' },
  { organization: 'octo-org' }
] as const

/** Name of a rotation and of its repository. */
export function fleetName(index: number): string {
  return `app-${String(index + 1).padStart(3, '0')}`
}

function variableOf(index: number): string {
  return `DEPLOY_${String(index + 1).padStart(3, '0')}`
}

function feedOf(index: number): (typeof FEEDS)[number] {
  return FEEDS[Math.min(Math.floor(index / PER_PLACE), FEEDS.length - 1)]!
}

/** A fleet: the token that creates the others is not the lock's, since Cloudflare counts the calls of each. Each repository has a deploy token of its own, in one slot, with a rotation of its own. */
export function fleetConfiguration(count: number): string {
  return JSON.stringify({
    version: 1,
    'account-id': '023e105f4ecef8ad9ca31a8372d0c353',
    auth: { tokens: 'FLEET_TOKEN' },
    lock: { type: 'kv', 'namespace-id': '0f2ac74b498b48028cb68387c421e279' },
    rotations: Array.from({ length: count }, (_, index) => ({
      name: fleetName(index),
      every: '30d',
      credentials: [
        {
          name: `deploy-${fleetName(index)}`,
          type: 'account-token',
          ttl: '60d',
          secrets: { value: variableOf(index) },
          verify: []
        }
      ],
      destinations: [
        { type: 'github-secret', ...feedOf(index) },
        {
          type: 'github-secret',
          repository: `octo-org/${fleetName(index)}`,
          names: { [variableOf(index)]: 'CLOUDFLARE_API_TOKEN' }
        }
      ]
    }))
  })
}

/** Adds the repositories of a fleet, each with a token that was created by hand. */
export function addFleet({ sandbox, account }: Pick<World, 'sandbox' | 'account'>, count: number): void {
  const { cloudflare, github } = sandbox
  const vaults = [
    account.repository.environment(account.environment),
    account.repository.secrets.actions,
    github.organization('octo-org').secrets.actions
  ]
  const groups = ['Account API Tokens Read', 'Account API Tokens Write']
  const { value } = cloudflare.tokens.seed({ name: 'rotation of the fleet', groups })
  account.repository.environment(account.environment).put('FLEET_TOKEN', value)
  for (let index = 0; index < count; index++) {
    const token = cloudflare.tokens.seed({
      name: `deploy ${fleetName(index)}`,
      groups: ['Workers Scripts Write'],
      ttlMs: 60 * DAY
    })
    const repository = github.addRepository(`octo-org/${fleetName(index)}`, { isPrivate: true })
    repository.secrets.actions.put('CLOUDFLARE_API_TOKEN', token.value)
    vaults[FEEDS.indexOf(feedOf(index))]!.put(variableOf(index), token.value)
  }
}

/** The secrets of a job of the fleet, as they are now. */
export function fleetEnvironment({
  sandbox,
  account
}: Pick<World, 'sandbox' | 'account'>): Record<string, string> {
  const { fullName } = account.repository
  return {
    ...sandbox.github.organizationSecrets('octo-org'),
    ...sandbox.github.repositorySecrets(fullName),
    ...sandbox.github.environmentSecrets(fullName, account.environment)
  }
}

/** A fleet as a kind of rotation; its first run adopts what was created by hand. */
export function fleetKind(count: number): Kind {
  return {
    name: `fleet-${count}`,
    configuration: fleetConfiguration(count),
    world: { ttlMs: 4_000 * DAY, allSecrets: true },
    before: 0,
    intervalMs: 31 * DAY,
    prepare: (world) => addFleet(world, count)
  }
}

/** Answers of a call that fails; with `after` it was carried out all the same. */
const FAILURES = [
  { when: 'before', answer: 'drop' },
  { when: 'after', answer: 'drop' },
  { when: 'before', answer: { status: 500 } },
  { when: 'after', answer: { status: 502 } },
  { when: 'before', answer: { rateLimit: 3 } }
] as const satisfies readonly Omit<Fault, 'match'>[]

/** Makes a share of the next calls fail, each in a way of its own; the same seed draws the same calls. */
export function failSome({ faults }: Pick<Sandbox, 'faults'>, { share, calls, seed }: FailedShare): void {
  const random = seededRandom(seed)
  for (let nth = 1; nth <= calls; nth++) {
    if (random() >= share) continue
    faults.add({ match: { nth }, ...FAILURES[Math.floor(random() * FAILURES.length)]! })
  }
}

/** Which calls fail. */
export interface FailedShare {
  /** Between 0 and 1. */
  readonly share: number
  /** Calls among which they are drawn. */
  readonly calls: number
  readonly seed: number
}

/** A rate limit as the sandbox enforces it. */
interface EnforcedLimit {
  readonly name: string
  readonly units: number
  readonly windowMs: number
  readonly costOf: (call: Call) => number
}

const isRead = ({ method }: Call): boolean => method === 'GET'
const creates = ({ method }: Call): number => (/^(PUT|POST|PATCH)$/.test(method) ? 1 : 0)

const ENFORCED: Readonly<Record<string, readonly EnforcedLimit[]>> = {
  cloudflare: [{ name: '1,200 calls in 5 minutes', units: 1200, windowMs: 300_000, costOf: () => 1 }],
  github: [
    { name: '900 points a minute', units: 900, windowMs: 60_000, costOf: (call) => (isRead(call) ? 1 : 5) },
    { name: '80 writes a minute', units: 80, windowMs: 60_000, costOf: creates },
    { name: '500 writes an hour', units: 500, windowMs: 3_600_000, costOf: creates },
    { name: '5,000 calls an hour', units: 5000, windowMs: 3_600_000, costOf: () => 1 }
  ]
}

/** The limit that the calls of one token take longest to keep. */
export interface Bound {
  readonly limit: string
  readonly token: string
  /** The least time in which a token may make these calls, in milliseconds. */
  readonly ms: number
}

/** Finds the least time that the limits allow for some calls: so many whole windows must pass before the last call. */
export function findBound(calls: readonly Call[]): Bound {
  const bounds = [...Map.groupBy(calls, ({ api, actor }) => `${api} ${actor ?? ''}`)].flatMap(
    ([token, made]) =>
      (ENFORCED[made[0]?.api ?? ''] ?? []).map(({ name: limit, units, windowMs, costOf }): Bound => {
        const spent = made.reduce((sum, call) => sum + costOf(call), 0)
        return { limit, token, ms: Math.max(0, Math.floor((spent - 1) / units)) * windowMs }
      })
  )
  return bounds.reduce((most, one) => (one.ms > most.ms ? one : most))
}
