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

/** A scenario in which a workflow run was queued before the secrets are written. */
function createInFlightScenario(status = 'in_progress') {
  const world = createScenario(accessService)
  world.clock.advance(HOUR)
  const inFlight = world.account.repository.addRun({ status, createdAt: world.clock.now() - MINUTE })
  const { serviceToken: old } = automationOf(world)
  return { world, inFlight, old, oldPair: primaryPair(world) }
}

describe('workflow run in flight', () => {
  it.each(['queued', 'in_progress', 'waiting', 'pending', 'requested'])(
    'keeps the old pair enabled, admitted and marked as old while a workflow run may hold it (%s)',
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

  it('finds a workflow run on a later page than the first, where pages are shorter than requested', async () => {
    const { world, inFlight } = createInFlightScenario()
    world.sandbox.github.pageSizeCap = 2
    for (let newer = 0; newer < 3; newer++)
      world.account.repository.addRun({ status: 'in_progress', createdAt: world.clock.now() + HOUR })
    expect(credentialOf(await world.run())).toMatchObject({
      kept: [{ reason: `workflow run ${inFlight.id} may still hold it` }]
    })
  })

  it('keeps the old pair in later runs and revokes it after the workflow run has ended, although it is not due', async () => {
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

  it('does not wait for a workflow run that was queued after the promotion', async () => {
    const { world, inFlight, old } = createInFlightScenario()
    await world.run()
    inFlight.status = 'completed'
    world.clock.advance(HOUR)
    world.account.repository.addRun({ status: 'in_progress' })
    world.clock.advance(HOUR)
    await world.run()
    expect(old.deletedAt).toBeDefined()
  })

  it('does not wait for workflow runs, nor list them, with `wait-for-runs: false`', async () => {
    const { world } = createInFlightScenario()
    const run = await world.run({ configuration: revoking({ 'wait-for-runs': false }) })
    expectRotated(world, run)
    expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/actions/runs?'))).toEqual([])
  })

  it('leaves at most one pair that waits for each workflow run after a second rotation', async () => {
    const { world, inFlight, old } = createInFlightScenario()
    await world.run()
    inFlight.status = 'completed'
    world.clock.advance(31 * DAY)
    expectRotated(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })
})

describe('a token that may not list runs', () => {
  it('fails before anything is written when its token may not list runs, and names the permission', async () => {
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

  it('lists runs with the other token when the first may not', async () => {
    const world = createScenario(accessService)
    const job = world.sandbox.github.addToken({
      kind: 'github-token',
      name: 'job',
      permissions: { issues: 'write' }
    })
    expectRotated(world, await world.run({ githubToken: job.value }))
  })
})
