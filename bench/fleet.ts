import { useFakeSealing } from '../simulation/fake-sealing.ts'
import { failSome, findBound, fleetKind } from '../simulation/fleet.ts'
import { watchSlots } from '../simulation/invariants.ts'
import { createWorldOf } from '../simulation/kinds.ts'
import { findLeftovers } from '../simulation/postconditions.ts'
import { DAY, HOUR, SECOND } from '../simulation/times.ts'
import type { World, WorldRun } from '../simulation/world.ts'
import { measureFleetMemory } from './fleet-memory.ts'
import type { Row } from './row.ts'

const COUNT = 200
const LATENCY_MS = 50
/** Bound of the share of what the rate limits allow. */
const SHARE = 0.9
const PEAK_MB = 150
const FAILING = 0.05

/** Measures a fleet against the sandbox's rate limits, on simulated time, and the memory of the built action. */
export async function measureFleet(action: string): Promise<readonly Row[]> {
  // Before the sealing of this process becomes a fake, which the built action does not know.
  const memory = await measureMemory(action)
  await useFakeSealing()
  const kind = fleetKind(COUNT)
  const world = createWorldOf(kind, 1)
  world.sandbox.latencyMs = LATENCY_MS
  const run = (): Promise<WorldRun> => world.run({ configuration: kind.configuration })
  requireRotated(await run())
  world.clock.advance(31 * DAY)
  world.sandbox.transcript.clear()
  requireRotated(await run())
  const speed = describeSpeed(world)
  world.clock.advance(31 * DAY)
  const faults = await measureFaults(world, { configuration: kind.configuration, run })
  return [...speed, memory, ...faults]
}

function requireRotated({ record }: WorldRun): void {
  const rotated = record.rotations.filter(({ outcome }) => outcome === 'rotated')
  if (rotated.length === COUNT) return
  const errors = record.rotations.flatMap(({ error }) => error?.message ?? [])
  throw new Error(`${COUNT - rotated.length} rotations did not rotate: ${errors[0] ?? record.error?.message}`)
}

function describeSpeed({ sandbox }: World): readonly Row[] {
  const { calls } = sandbox.transcript
  const took =
    Math.max(...calls.map(({ endedAt = 0 }) => endedAt)) -
    Math.min(...calls.map(({ startedAt }) => startedAt))
  const { limit, token, ms } = findBound(calls)
  const refused = calls.filter(({ status }) => status === 429 || status === 403).length
  const of = (api: string): number => calls.filter((call) => call.api === api).length
  const lists = calls.filter(
    ({ operation, path }) => operation === 'GET /accounts/:account_id/tokens' && /page=1&/.test(path)
  )
  const keys = new Map<string, number>()
  for (const { path } of calls) if (path.endsWith('/public-key')) keys.set(path, (keys.get(path) ?? 0) + 1)
  return [
    {
      what: `${COUNT} rotations: wall time on simulated time, ${LATENCY_MS} ms a call`,
      measured: `${(took / SECOND).toFixed(0)} s`,
      bound: `${(ms / SHARE / SECOND).toFixed(0)} s`,
      within: took <= ms / SHARE
    },
    {
      what: `  of what the limits allow: ${limit} of ${token}, ${ms / SECOND} s`,
      measured: `${((100 * ms) / took).toFixed(1)} %`,
      bound: `${SHARE * 100} % or more`,
      within: ms / took >= SHARE
    },
    { what: '  calls refused for their rate', measured: String(refused), bound: '0', within: refused === 0 },
    {
      what: '  calls to Cloudflare and GitHub',
      measured: `${of('cloudflare')} and ${of('github')}`,
      bound: '',
      within: true
    },
    {
      what: '  times that the list of tokens was read',
      measured: String(lists.length),
      bound: `${COUNT / 4}`,
      within: lists.length <= COUNT / 4
    },
    {
      what: '  times that the public key of a repository was read, at most',
      measured: String(Math.max(...keys.values())),
      bound: '1',
      within: Math.max(...keys.values()) === 1
    }
  ]
}

async function measureMemory(action: string): Promise<Row> {
  const peak = await measureFleetMemory(action, COUNT)
  return {
    what: '  peak memory of the built action, on fast time',
    measured: `${peak.toFixed(0)} MB`,
    bound: `${PEAK_MB} MB`,
    within: peak <= PEAK_MB
  }
}

/** A run in which calls fail, and the next one, with the invariants checked after every call. */
async function measureFaults(
  world: World,
  { configuration, run }: { configuration: string; run: () => Promise<WorldRun> }
): Promise<readonly Row[]> {
  const watch = watchSlots(world, configuration)
  watch.begin()
  world.sandbox.transcript.clear()
  failSome(world.sandbox, { share: FAILING, calls: 12_000, seed: 7 })
  const faulted = await run()
  const failed = world.sandbox.transcript.calls.filter(({ fault }) => fault !== undefined).length
  const all = world.sandbox.transcript.length
  world.sandbox.faults.clear()
  world.clock.advance(HOUR)
  const next = await run()
  watch.stop()
  const left = findLeftovers(world, { configuration, everHeld: watch.everHeld, run: next })
  const rotated = faulted.record.rotations.filter(({ outcome }) => outcome === 'rotated').length
  return [
    {
      what: `${COUNT} rotations while ${FAILING * 100} % of the calls fail: rotated at once`,
      measured: `${rotated} (${failed} of ${all} calls failed)`,
      bound: '',
      within: true
    },
    {
      what: '  moments at which a repository had no working token, or held a revoked one',
      measured: String(watch.violations.length),
      bound: '0',
      within: watch.violations.length === 0
    },
    {
      what: '  left behind after the next run',
      measured: String(left.length),
      bound: '0',
      within: left.length === 0
    }
  ]
}
