import { describe, expect, it } from '@jest/globals'
import { fleetKind, fleetName } from '../../simulation/fleet.ts'
import { DAY, MINUTE, SECOND } from '../../simulation/times.ts'
import { createScenario, type Scenario } from './scenario.ts'

const COUNT = 30

/** A fleet of repositories, each with a deploy token of its own that was created by hand. */
function createFleet(count = COUNT): Scenario {
  const { configuration, world, prepare } = fleetKind(count)
  const scenario = createScenario({ configuration, ...world, prepare: (made) => prepare?.(made) })
  scenario.account.run.status = 'completed'
  scenario.sandbox.latencyMs = 50
  return scenario
}

const outcomes = ({ record }: Awaited<ReturnType<Scenario['run']>>): readonly string[] =>
  record.rotations.map(({ outcome }) => outcome)

const countOf = ({ sandbox }: Scenario, operation: string, page = ''): number =>
  sandbox.transcript.calls.filter((call) => call.operation === operation && call.path.includes(page)).length

describe('fleet of rotations', () => {
  it('rotates within the rate limits, and reads no list more often than its groups need', async () => {
    const fleet = createFleet()
    const run = await fleet.run()
    expect(outcomes(run)).toEqual(Array.from({ length: COUNT }, () => 'rotated'))
    const { calls } = fleet.sandbox.transcript
    expect(calls.filter(({ status }) => status === 429 || status === 403)).toEqual([])
    // One list for the plans, and three for each group that begins together: its locks are not acquired in the same instant.
    expect(countOf(fleet, 'GET /accounts/:account_id/tokens', 'page=1&')).toBeLessThanOrEqual(1 + 3 * 2)
    expect(countOf(fleet, 'GET /repos/:owner/:repo/actions/secrets/public-key')).toBe(COUNT)
    expect(countOf(fleet, 'DELETE /repos/:owner/:repo/actions/secrets/:secret_name')).toBe(COUNT)
    expect(countOf(fleet, 'GET /repos/:owner/:repo/environments/:environment_name/secrets/public-key')).toBe(
      1
    )
  })

  it('does not begin what would not end in the time of the job, and the next run goes on with it', async () => {
    const count = 40
    const fleet = createFleet(count)
    // A rotation takes a minute and a half: two groups end in time, and the third would not.
    fleet.sandbox.latencyMs = 4 * SECOND
    const first = await fleet.run({ timeMs: 2 * MINUTE + 30 * SECOND })
    const done = outcomes(first).filter((outcome) => outcome === 'rotated').length
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(count)
    expect(outcomes(first).filter((outcome) => outcome !== 'rotated')).toEqual(
      Array.from({ length: count - done }, () => 'planned')
    )
    expect(first.record.outcome).toBe('rotated')
    const left = first.record.rotations.filter(({ outcome }) => outcome === 'planned')
    for (const { reason, plan, credentials } of left) {
      expect(reason.join(' ')).toContain('was not begun')
      expect(plan?.decision).toBe('rotate')
      expect(credentials.every((one) => one.new === null)).toBe(true)
    }
    expect(fleet.account.namespace.keys).toEqual([])
    fleet.sandbox.latencyMs = 50
    const second = await fleet.run()
    expect(outcomes(second)).toEqual(
      outcomes(first).map((one) => (one === 'rotated' ? 'not-due' : 'rotated'))
    )
  })

  it('fails to contain what the time of the job leaves', async () => {
    const fleet = createFleet()
    const run = await fleet.run({ command: 'contain', timeMs: 10 * SECOND })
    expect(new Set(run.record.rotations.map(({ error }) => error?.code))).toEqual(new Set(['not-contained']))
    expect(run.alertUrl).toBeDefined()
  })

  it('says in a plan how many fit into the time of the job', async () => {
    const fleet = createFleet(40)
    const tooShort = await fleet.run({ command: 'plan', timeMs: 90 * SECOND })
    expect(tooShort.record.warnings.join('\n')).toMatch(
      /40 rotations are due, and .* rotate about 36: the next runs rotate the rest/
    )
    const enough = await fleet.run({ command: 'plan', timeMs: 5 * MINUTE })
    expect(enough.record.warnings).toEqual([])
  })

  it('tells every few seconds how far it is and when it is expected to end', async () => {
    const fleet = createFleet()
    await fleet.run()
    fleet.clock.advance(31 * DAY)
    fleet.sandbox.latencyMs = 400
    const { log } = await fleet.run()
    const lines = log.filter((line) => line.includes('rotations have ended'))
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.at(-1)).toMatch(
      /^\d+ of 30 rotations have ended; the last one is expected to end in \w+, at 2026-02-01T00:\d\d:\d\dZ\.$/
    )
  })

  it('keeps the order of the configuration', async () => {
    const fleet = createFleet()
    await fleet.run()
    const created = fleet.sandbox.cloudflare.tokens.all.flatMap(
      ({ name }) => /^rotate\/[^/]+\/([^/]+)\//.exec(name)?.[1] ?? []
    )
    const firstGroup = Array.from({ length: 16 }, (_, index) => fleetName(index))
    expect(new Set(created.slice(0, 16))).toEqual(new Set(firstGroup))
  })
})
