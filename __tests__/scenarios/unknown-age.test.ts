import { describe, expect, it } from '@jest/globals'
import { configure, MONTHLY, SINGLE_TOKEN } from '../../simulation/configurations.ts'
import { DAY } from '../../simulation/times.ts'
import { expectNothingWritten, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'

const LONG_LIVED = { ttlMs: 400 * DAY }

function createEnded(configuration: string): Scenario {
  const world = createScenario({ ...LONG_LIVED, configuration })
  world.account.run.status = 'completed'
  return world
}

describe('answers without issued_on', () => {
  it('takes the age of PRIMARY from its name', async () => {
    const world = createEnded(MONTHLY)
    world.sandbox.cloudflare.tokens.showsIssue = false
    for (let rotation = 0; rotation < 3; rotation++) {
      expectRotated(world, await world.run())
      world.clock.advance(DAY)
      const idle = await world.run()
      expect(idle.record.outcome).toBe('not-due')
      expect(rotationOf(idle).nextDue).not.toBeNull()
      world.clock.advance(30 * DAY)
    }
  })
})

describe('PRIMARY that works and that auth.tokens cannot see', () => {
  const configuration = configure(SINGLE_TOKEN, {
    rotation: { every: '10d' },
    credential: { ttl: '30d', permissions: [{ groups: ['Secrets Store Write'] }] }
  })
  const unseen = {
    code: 'permission',
    message: expect.stringContaining('PRIMARY works, but auth.tokens cannot see its token') as unknown
  }

  async function createUnseen(): Promise<Scenario> {
    const world = createEnded(configuration)
    expectRotated(world, await world.run())
    const { tokens } = world.sandbox.cloudflare
    tokens.unseen.add(tokens.findByValue(world.environment()['PRIMARY_SECRET_EDIT_TOKEN'] ?? '')?.id ?? '')
    world.sandbox.transcript.clear()
    return world
  }

  it.each([
    ['although it is not due', { force: false }],
    ['although it is forced', { force: true }],
    ['of a run of contain', { command: 'contain' as const }]
  ])('stops the rotation %s', async (_what, options) => {
    const world = await createUnseen()
    const run = await world.run(options)
    expect(failureOf(run)).toMatchObject(unseen)
    expectNothingWritten(world, run)
  })

  it('is an error of a check', async () => {
    const world = await createUnseen()
    const { record } = await world.run({ command: 'check' })
    expect(record.outcome).toBe('unhealthy')
    expect(record.findings).toContainEqual(
      expect.objectContaining({ kind: 'no-access', severity: 'error', message: unseen.message })
    )
  })

  it('is an obstacle of a plan', async () => {
    const world = await createUnseen()
    const run = await world.run({ command: 'plan' })
    expect(run.record.outcome).toBe('planned')
    expect(rotationOf(run).plan?.obstacles).toEqual([unseen.message])
  })
})
