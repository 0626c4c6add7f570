import { describe, expect, it } from '@jest/globals'
import type { Permissions } from '../../sandbox/github/state.ts'
import { writesOf } from '../../simulation/calls.ts'
import { DEPLOY_GATE, gated } from '../../simulation/configurations.ts'
import { expectNothingWritten, expectRolledBack, failureOf, rotationOf } from './expectations.ts'
import { HOUR } from '../../simulation/times.ts'
import { createGatedScenario, GATED } from './rollout-scenario.ts'
import type { Scenario, ScenarioRunOptions } from './scenario.ts'
import { snapshot } from './state.ts'

interface BadInput {
  readonly what: string
  readonly gate?: Readonly<Record<string, unknown>>
  readonly prepare?: (world: Scenario) => void
  readonly permissions?: Permissions
  readonly message: RegExp
  readonly hint: RegExp
}

const deployment = ({ account }: Scenario) =>
  account.repository.workflows.find(({ path }) => path.endsWith('/deploy.yml'))!

const FOUND_OUT: readonly BadInput[] = [
  {
    what: 'a workflow that does not exist',
    gate: { file: 'release.yml' },
    message: /release\.yml of octo-org\/ops.+404/,
    hint: /\.github\/workflows\/release\.yml/
  },
  {
    what: 'a workflow that is disabled',
    prepare: (world) => void (deployment(world).state = 'disabled_manually'),
    message: /deploy\.yml is disabled \(`disabled_manually`\)/,
    hint: /Enable the workflow/
  },
  {
    what: 'a workflow without the trigger workflow_dispatch',
    prepare: ({ sandbox }) =>
      void sandbox.faults.add({
        match: { path: /\/contents\//, count: Infinity },
        when: 'before',
        answer: { status: 200, body: 'on: push' }
      }),
    message: /deploy\.yml has no trigger `workflow_dispatch` on main/,
    hint: /Add `workflow_dispatch:`/
  },
  {
    what: 'a repository that the token may not see',
    gate: { file: 'deploy.yml', repository: 'octo-org/elsewhere' },
    message: /octo-org\/elsewhere.+404/,
    hint: /github-secrets-token/
  },
  {
    what: 'a token that may not read workflows',
    permissions: { issues: 'write' },
    message: /403/,
    hint: /permissions: actions: write/
  },
  {
    what: 'a token that may only read workflows',
    permissions: { actions: 'read', contents: 'read', issues: 'write' },
    message: /deploy\.yml of octo-org\/ops": the token may not start it\. .+403/,
    hint: /permissions: actions: write/
  }
]

function optionsOf(world: Scenario, { gate, permissions, prepare }: BadInput): ScenarioRunOptions {
  prepare?.(world)
  const rollout = gate === undefined ? DEPLOY_GATE : { workflow: gate }
  const own = permissions === undefined ? {} : { githubToken: addToken(world, permissions) }
  return { configuration: gated(GATED, rollout), ...own }
}

function addToken({ sandbox }: Scenario, permissions: Permissions): string {
  return sandbox.github.addToken({ kind: 'github-token', name: 'github-actions', permissions }).value
}

describe.each(FOUND_OUT)('rollout gate with $what', (bad) => {
  it('is found out by plan, which starts nothing', async () => {
    const world = await createGatedScenario()
    const run = await world.run({ ...optionsOf(world, bad), command: 'plan' })
    const obstacles = rotationOf(run).plan!.obstacles.join()
    expect(obstacles).toMatch(bad.message)
    expect(obstacles).toMatch(bad.hint)
    expect(writesOf(world)).toEqual([])
  })

  it('is found out by check', async () => {
    const world = await createGatedScenario()
    const run = await world.run({ ...optionsOf(world, bad), command: 'check' })
    expect(run.record.outcome).toBe('unhealthy')
    const found = run.record.findings.find(({ message }) => bad.message.test(message))
    expect(found).toMatchObject({ severity: 'error', action: expect.stringMatching(bad.hint) as unknown })
  })

  it('stops a rotation before anything is written', async () => {
    const world = await createGatedScenario()
    const run = await world.run(optionsOf(world, bad))
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toMatch(bad.message)
  })
})

it.each([
  ['inputs that the workflow does not have', { inputs: { nothing: 'x' } }, 'Unexpected inputs provided'],
  ['a branch that does not exist', { ref: 'gone' }, 'No ref found for: gone']
])('rolls back with the reason of GitHub when a rollout gate has %s', async (_what, change, reason) => {
  const configuration = gated(GATED, { workflow: { file: 'deploy.yml', ...change } })
  const world = await createGatedScenario()
  const before = snapshot(world)
  const run = await world.run({ configuration })
  expectRolledBack(world, run, before)
  expect(failureOf(run)).toMatchObject({
    code: 'rollout-failed',
    hint: expect.stringContaining('inputs') as unknown
  })
  expect(failureOf(run).message).toContain(reason)
  expect(rotationOf(run).rollout).toMatchObject([{ state: 'red', url: null }])
})

describe('rollout gates that may take longer than the job', () => {
  const long = gated(
    GATED,
    { workflow: { file: 'deploy.yml', timeout: '4h' } },
    { run: 'true', timeout: '3h' }
  )
  const warning = /^\w[\w-]*: its rollout gates may take 7h, and the job has 6h left.+`timeout-minutes`/

  it.each(['plan', 'rotate'] as const)('are warned of by %s', async (command) => {
    const world = await createGatedScenario()
    const { record } = await world.run({ configuration: long, command, timeMs: 6 * HOUR })
    expect(record.warnings).toContainEqual(expect.stringMatching(warning))
    const enough = await world.run({ configuration: long, command, timeMs: 8 * HOUR })
    expect(enough.record.warnings).not.toContainEqual(expect.stringMatching(warning))
  })

  it('are a finding of check', async () => {
    const world = await createGatedScenario()
    const { record } = await world.run({ configuration: long, command: 'check', timeMs: 6 * HOUR })
    expect(record.findings).toContainEqual(
      expect.objectContaining({ severity: 'warning', message: expect.stringMatching(warning) as unknown })
    )
  })
})

it('refuses a rollout gate that uses the value which the rotation replaces', async () => {
  const world = await createGatedScenario()
  const configuration = gated(GATED, {
    http: { url: 'https://site.example/x', headers: { token: '${PRIMARY_SECRET_EDIT_TOKEN}' } }
  })
  await expect(world.run({ configuration })).rejects.toThrow('must not use ${PRIMARY_SECRET_EDIT_TOKEN}')
})
