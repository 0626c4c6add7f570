import { expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { gated } from '../../simulation/configurations.ts'
import { expectRotated, rotationOf } from './expectations.ts'
import {
  courseOf,
  createGatedScenario,
  deploymentsOf,
  endDeployments,
  GATED_PAIR
} from './rollout-scenario.ts'

it('starts the workflow of a rollout gate and revokes what is exposed without waiting for it', async () => {
  const world = await createGatedScenario({ configuration: GATED_PAIR, rotations: 2 })
  endDeployments(world, undefined)
  const run = await world.run({ command: 'contain' })
  expectRotated(world, run)
  expect(courseOf(world)).not.toContain('look at its run')
  expect(courseOf(world).indexOf('start the workflow')).toBeLessThan(courseOf(world).indexOf('delete'))
  const { rollout, warnings } = rotationOf(run)
  const url = `https://github.com/octo-org/ops/actions/runs/${deploymentsOf(world).at(-1)!.id}`
  expect(rollout).toEqual([
    { gate: 'workflow deploy.yml of octo-org/ops', state: 'started', url, seconds: 0 }
  ])
  expect(warnings.join()).toContain('without waiting for the rollout gates')
})

it('contains an exposure although the workflow of a rollout gate cannot be started, and says so', async () => {
  const world = await createGatedScenario({ configuration: GATED_PAIR, rotations: 2 })
  world.sandbox.faults.add({
    match: { operation: CALLS.startWorkflow },
    when: 'before',
    answer: { refusal: { status: 422, message: 'Unexpected inputs provided' } }
  })
  const run = await world.run({ command: 'contain' })
  expectRotated(world, run)
  expect(rotationOf(run).rollout).toMatchObject([{ state: 'red' }])
  expect(rotationOf(run).warnings.join()).toContain('could not be started')
})

it('starts no request and no command of a rollout gate while it contains', async () => {
  const configuration = gated(GATED_PAIR, { http: { url: 'https://nowhere.example/x' } })
  const world = await createGatedScenario({ configuration: GATED_PAIR, rotations: 2 })
  const run = await world.run({ command: 'contain', configuration })
  expectRotated(world, run)
  expect(rotationOf(run).rollout).toEqual([])
})
