import { describe, expect, it } from '@jest/globals'
import { MONTHLY } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { isCall } from '../../simulation/calls.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import { type World } from '../../simulation/world.ts'
import { createScenario, type Scenario } from './scenario.ts'

async function createMonthlyScenario(): Promise<Scenario> {
  const world = createScenario()
  for (const force of [false, true]) {
    expect((await world.run({ configuration: MONTHLY, force })).record.outcome).toBe('rotated')
    world.clock.advance(HOUR)
  }
  return world
}

/** What one workflow file with several schedules does within a day. */
async function runDay(world: Scenario): Promise<readonly string[]> {
  const outcomes: string[] = []
  for (const command of ['rotate', 'check', 'rotate', 'plan'] as const) {
    outcomes.push((await world.run({ command, configuration: MONTHLY })).record.outcome)
    world.clock.advance(6 * HOUR)
  }
  return outcomes
}

const issuesOf = (world: World): readonly string[] =>
  world.account.repository.issues.map(({ number, state }) => `#${number} ${state}`)

describe('one workflow file that rotates and checks', () => {
  it('keeps one issue open about a finding of the check until a check no longer finds it', async () => {
    const world = await createMonthlyScenario()
    Object.assign(world.account.githubSecretsToken, { kind: 'pat', expiresAt: world.clock.now() + 7 * DAY })
    for (let day = 0; day < 3; day++) {
      expect(await runDay(world)).toEqual(['not-due', 'unhealthy', 'not-due', 'planned'])
      expect(issuesOf(world)).toEqual(['#1 open'])
    }
    world.account.githubSecretsToken.expiresAt = undefined
    await world.run({ configuration: MONTHLY })
    expect(issuesOf(world)).toEqual(['#1 open'])
    await world.run({ command: 'check', configuration: MONTHLY })
    expect(issuesOf(world)).toEqual(['#1 closed'])
  })

  it('keeps the issue about a failed rotation open until that rotation succeeds', async () => {
    const world = await createMonthlyScenario()
    world.sandbox.faults.add({
      when: 'before',
      match: { operation: 'POST /accounts/:account_id/tokens', count: 4 },
      answer: {
        status: 403,
        body: { success: false, errors: [{ code: 10000, message: 'no' }], messages: [], result: null }
      }
    })
    const failed = await world.run({ configuration: MONTHLY, force: true })
    expect(failed.record.outcome).toBe('rolled-back')
    world.clock.advance(HOUR)
    for (const command of ['plan', 'check'] as const) {
      await world.run({ command, configuration: MONTHLY })
      expect(issuesOf(world)).toEqual(['#1 open'])
    }
    await world.run({ configuration: MONTHLY, force: true })
    expect(issuesOf(world)).toEqual(['#1 closed'])
  })

  it('closes the issue only when both the rotation and the check succeed', async () => {
    const world = await createMonthlyScenario()
    const token = world.account.githubSecretsToken
    Object.assign(token, { kind: 'pat', expiresAt: world.clock.now() + 3 * DAY })
    const permissions = token.permissions
    token.permissions = { ...permissions, secrets: 'read', environments: 'read' }
    await world.run({ command: 'check', configuration: MONTHLY })
    expect((await world.run({ configuration: MONTHLY, force: true })).record.outcome).not.toBe('rotated')
    token.permissions = permissions
    expect((await world.run({ configuration: MONTHLY, force: true })).record.outcome).toBe('rotated')
    expect(issuesOf(world)).toEqual(['#1 open'])
    token.expiresAt = undefined
    world.clock.advance(HOUR)
    await world.run({ command: 'check', configuration: MONTHLY })
    expect(issuesOf(world)).toEqual(['#1 closed'])
  })
})

describe('run that was cancelled', () => {
  it('opens no issue when a run is cancelled before it changed anything', async () => {
    const world = await createMonthlyScenario()
    const controller = new AbortController()
    const forget = world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'after' && isCall('listTokens')(call)) controller.abort()
    })
    const run = await world.run({ configuration: MONTHLY, force: true, cancelled: controller.signal })
    forget()
    expect(run.record.rotations[0]!.error?.code).toBe('cancelled')
    expect(run.alertError).toBeUndefined()
    expect(issuesOf(world)).toEqual([])
  })

  it('leaves an open issue as it is when a run is cancelled', async () => {
    const world = await createMonthlyScenario()
    Object.assign(world.account.githubSecretsToken, { kind: 'pat', expiresAt: world.clock.now() + 3 * DAY })
    await world.run({ command: 'check', configuration: MONTHLY })
    const before = openAlerts(world)[0]!.body
    const run = await world.run({ configuration: MONTHLY, force: true, cancelled: AbortSignal.abort() })
    expect(run.record.outcome).toBe('failed')
    expect(openAlerts(world)[0]!.body).toBe(before)
  })

  it('opens an issue when a run is cancelled after it changed something', async () => {
    const world = await createMonthlyScenario()
    const controller = new AbortController()
    const forget = world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'after' && isCall('createToken')(call)) controller.abort()
    })
    await world.run({ configuration: MONTHLY, force: true, cancelled: controller.signal })
    forget()
    expect(issuesOf(world)).toEqual(['#1 open'])
  })
})
