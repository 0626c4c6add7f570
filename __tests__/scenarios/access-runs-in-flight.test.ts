import { describe, expect, it } from '@jest/globals'
import { revoking } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY, HOUR, MINUTE } from '../../simulation/times.ts'
import { automationOf } from '../../simulation/world.ts'
import {
  credentialOf,
  expectConsumersSafe,
  expectNothingWritten,
  expectRotated,
  expectUnlocked,
  failureOf
} from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { isAccepted, primaryPair, tokenOf } from './state.ts'

/** A story in which a workflow run was queued before the secrets are written. */
function createInFlightScenario(status = 'in_progress') {
  const world = createScenario(accessService)
  world.clock.advance(HOUR)
  const inFlight = world.account.repository.addRun({ status, createdAt: world.clock.now() - MINUTE })
  const { serviceToken: old } = automationOf(world)
  return { world, inFlight, old, oldPair: primaryPair(world) }
}

describe('while a workflow run is in flight', () => {
  it.each(['queued', 'in_progress', 'waiting', 'pending', 'requested'])(
    'that may hold the old pair (%s), it stays enabled and admitted, marked as old',
    async (status) => {
      const { world, inFlight, old, oldPair } = createInFlightScenario(status)
      const run = await world.run()

      expect(run.record.outcome).toBe('rotated')
      expectConsumersSafe(world)
      expect(isAccepted(world, oldPair)).toBe(true)
      expect(primaryPair(world)).not.toEqual(oldPair)
      expect(old.name).toMatch(/~old$/)
      expect(credentialOf(run)).toMatchObject({
        revoked: [],
        kept: [{ id: old.id, reason: `workflow run ${inFlight.id} may still hold it` }]
      })
      expect(run.record.warnings.join('\n')).toContain(`workflow run ${inFlight.id} may still hold it`)
      expect(openAlerts(world)).toEqual([])
      expectUnlocked(world)
    }
  )

  it('later runs of the action leave it, and the first after its end revokes it, although it is not due', async () => {
    const { world, inFlight, old, oldPair } = createInFlightScenario()
    await world.run()
    world.clock.advance(HOUR)
    const waiting = await world.run()
    expect(waiting.record.outcome).toBe('not-due')
    expect(credentialOf(waiting).kept).toMatchObject([{ id: old.id }])
    expect(isAccepted(world, oldPair)).toBe(true)

    inFlight.status = 'completed'
    world.clock.advance(HOUR)
    const run = await world.run()
    expect(run.record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
    expect(credentialOf(run).revoked).toMatchObject([{ id: old.id }])
    expect(world.sandbox.cloudflare.access.rulesNaming(old.id)).toEqual([])
    expect(isAccepted(world, primaryPair(world))).toBe(true)
    expect(world.sandbox.cloudflare.access.serviceTokens.existing).toEqual([
      tokenOf(world, primaryPair(world))
    ])
    expectUnlocked(world)
  })

  it('a run that was queued after the promotion holds the new pair and keeps nobody waiting', async () => {
    const { world, inFlight, old } = createInFlightScenario()
    await world.run()
    inFlight.status = 'completed'
    world.clock.advance(HOUR)
    world.account.repository.addRun({ status: 'in_progress' })
    world.clock.advance(HOUR)
    await world.run()
    expect(old.deletedAt).toBeDefined()
  })

  it('nothing is waited for with `wait-for-runs: false`, and runs are not asked for', async () => {
    const { world } = createInFlightScenario()
    const run = await world.run({ configuration: revoking({ 'wait-for-runs': false }) })
    expectRotated(world, run)
    expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/actions/runs?'))).toEqual([])
  })

  it('a second rotation leaves no more than one pair waiting for each run', async () => {
    const { world, inFlight, old } = createInFlightScenario()
    await world.run()
    inFlight.status = 'completed'
    world.clock.advance(31 * DAY)
    expectRotated(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })
})

describe('a token that may not list runs', () => {
  it('is an error before anything is written, which names the permission', async () => {
    const world = createScenario(accessService)
    const { github } = world.sandbox
    const job = github.addToken({ kind: 'github-token', name: 'job', permissions: { issues: 'write' } })
    const secrets = github.addToken({
      kind: 'app',
      name: 'secrets',
      permissions: { secrets: 'write', environments: 'write' }
    })
    const run = await world.run({ githubToken: job.value, githubSecretsToken: secrets.value })
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({
      code: 'permission',
      hint: expect.stringContaining('actions: read') as unknown
    })
    expect(failureOf(run).message).toContain('revoke.wait-for-runs')
  })

  it('is made up for by the other token that may', async () => {
    const world = createScenario(accessService)
    const job = world.sandbox.github.addToken({
      kind: 'github-token',
      name: 'job',
      permissions: { issues: 'write' }
    })
    expectRotated(world, await world.run({ githubToken: job.value }))
  })
})
