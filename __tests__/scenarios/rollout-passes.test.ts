import { describe, expect, it } from '@jest/globals'
import { addWorkflow } from '../../sandbox/github/started-runs.ts'
import { isCall } from '../../simulation/calls.ts'
import { gated } from '../../simulation/configurations.ts'
import { LEASE, MINUTE, SECOND } from '../../simulation/times.ts'
import { expectRotated, rotationOf } from './expectations.ts'
import {
  courseOf,
  createGatedScenario,
  deploymentsOf,
  endDeployments,
  GATED,
  GATED_PAIR
} from './rollout-scenario.ts'

describe('rollout gate that passes', () => {
  it('is started after the last write is confirmed, and nothing is deleted before its run has succeeded', async () => {
    const world = await createGatedScenario()
    const run = await world.run()
    expectRotated(world, run)
    expect(courseOf(world)).toEqual([
      'write',
      'confirm',
      'start the workflow',
      'look at its run',
      'disable',
      'delete'
    ])
    const [deployment] = deploymentsOf(world).slice(-1)
    const deletion = world.sandbox.transcript.calls.find(isCall('deleteToken'))
    expect(deletion!.startedAt).toBeGreaterThanOrEqual(deployment!.createdAt + 40 * SECOND)
  })

  it('is recorded with its state, its link and how long it took', async () => {
    const world = await createGatedScenario()
    const run = await world.run()
    const [deployment] = deploymentsOf(world).slice(-1)
    const [gate, ...others] = rotationOf(run).rollout
    expect(others).toEqual([])
    expect(gate).toMatchObject({
      gate: 'workflow deploy.yml of octo-org/ops',
      state: 'passed',
      url: `https://github.com/octo-org/ops/actions/runs/${deployment!.id}`
    })
    expect(gate!.seconds).toBeGreaterThanOrEqual(40)
    expect(gate!.seconds).toBeLessThan(60)
  })

  it('guards what falls out of SECONDARY where there are two slots', async () => {
    const world = await createGatedScenario({ configuration: GATED_PAIR, rotations: 2 })
    const run = await world.run()
    expectRotated(world, run)
    expect(courseOf(world).slice(-3)).toEqual(['start the workflow', 'look at its run', 'delete'])
  })

  it('reports four times a minute what it waits for, with the link, and renews the lease meanwhile', async () => {
    const world = await createGatedScenario()
    endDeployments(world, { afterMs: 11 * MINUTE, conclusion: 'success' })
    const run = await world.run()
    expectRotated(world, run)
    const lines = run.log.filter((line) => line.includes('waiting for'))
    expect(lines.length).toBeGreaterThanOrEqual(42)
    expect(lines.length).toBeLessThanOrEqual(45)
    expect(lines[0]).toMatch(
      /Rollout gate "workflow deploy\.yml of octo-org\/ops": waiting for 15s; .+ \(https:\/\/github\.com\/.+\/runs\/\d+\)/
    )
    const renewals = world.sandbox.transcript.calls.filter(isCall('writeLock')).length
    expect(renewals).toBeGreaterThan((11 * MINUTE) / LEASE)
  })

  it('passes several gates one after the other, with inputs, a branch and another repository', async () => {
    const configuration = gated(
      GATED,
      { workflow: { file: 'deploy.yml', inputs: { environment: 'preview', dry: true } } },
      { workflow: { file: 'deploy.yml', repository: 'octo-org/site', ref: 'v2' } }
    )
    const world = await createGatedScenario({
      configuration,
      prepare: ({ sandbox }) => {
        const site = sandbox.github.addRepository('octo-org/site', { isPrivate: true })
        site.refs.push('v2')
        addWorkflow(site, 'deploy.yml', { runEnding: { afterMs: SECOND, conclusion: 'success' } })
      },
      inputs: ['environment', 'dry']
    })
    const run = await world.run()
    expectRotated(world, run)
    expect(rotationOf(run).rollout.map(({ gate, state }) => `${gate}: ${state}`)).toEqual([
      'workflow deploy.yml of octo-org/ops: passed',
      'workflow deploy.yml of octo-org/site: passed'
    ])
  })

  it('finds the run by itself where GitHub does not answer its id', async () => {
    const world = await createGatedScenario()
    world.sandbox.faults.add({
      match: { operation: 'POST /repos/:owner/:repo/actions/workflows/:workflow_id/dispatches' },
      when: 'after',
      answer: { status: 204 }
    })
    const run = await world.run()
    expectRotated(world, run)
    expect(rotationOf(run).rollout[0]!.url).toContain(`/runs/${deploymentsOf(world).at(-1)!.id}`)
  })
})
