import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { isOfKind } from '../../simulation/is-of-kind.ts'
import { parseConfiguration } from '../../src/compose/configuration.ts'
import { accountTokenKind } from '../../src/credentials/account-token-kind.ts'
import { blocksOf, listFiles, listWorkflows, read, root } from './repository.ts'

interface Step {
  readonly id?: string
  readonly uses?: string
  readonly 'continue-on-error'?: boolean
  readonly with?: Readonly<Record<string, string>>
}

interface Job {
  readonly steps?: readonly Step[]
  readonly environment?: unknown
}

interface Workflow {
  readonly on: { readonly schedule?: readonly { readonly cron: string }[] }
  readonly jobs: Readonly<Record<string, Job>>
}

const DAY = 24 * 60
const workflows = listWorkflows().map(({ name, text }) => ({ name, workflow: parse(text) as Workflow }))
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.values(workflow.jobs).map((job) => ({ name, job, steps: job.steps ?? [] }))
)

/** Minutes of a day at which a cron line fires; only its minutes and hours may be restricted. */
function ticksOf(cron: string): readonly number[] {
  const [minutes = '', hours = '', ...rest] = cron.split(' ')
  expect(rest).toEqual(['*', '*', '*'])
  const expand = (field: string, end: number): readonly number[] =>
    field.split(',').flatMap((part) => {
      const [range = '', step = '1'] = part.split('/')
      if (range !== '*') return [Number(range)]
      return Array.from({ length: Math.ceil(end / Number(step)) }, (_, index) => index * Number(step))
    })
  return expand(hours, 24).flatMap((hour) => expand(minutes, 60).map((minute) => hour * 60 + minute))
}

/** Longest time between two ticks, in minutes. */
function longestGap(crons: readonly string[]): number {
  const ticks = [...new Set(crons.flatMap(ticksOf))].sort((a, b) => a - b)
  return Math.max(...ticks.map((tick, index) => (ticks[index + 1] ?? ticks[0]! + DAY) - tick))
}

/** The configurations of the examples, each with its workflow. */
const examples = listFiles(/^examples\/.*\/rotation\.yml$/).flatMap((file) => {
  const own = listFiles(/^examples\/.*\/rotate[\w-]*\.yml$/).filter((one) => dirname(one) === dirname(file))
  const other = file.includes('/access') ? 'examples/access/rotate.yml' : 'examples/bootstrap/rotate.yml'
  return (own.length > 0 ? own : [other]).map((workflow) => ({ file, workflow }))
})

describe('the examples', () => {
  it.each(examples)(
    '$workflow starts at least four times within the interval of $file',
    ({ file, workflow }) => {
      const { on } = parse(read(workflow)) as Workflow
      const gap = longestGap(on.schedule!.map(({ cron }) => cron))
      for (const { every, credentials } of parseConfiguration(read(file), file).rotations) {
        expect(4 * gap).toBeLessThanOrEqual(every! / 60_000)
        for (const credential of credentials) {
          if (!isOfKind(accountTokenKind, credential)) continue
          expect(credential.ttl).toBeGreaterThanOrEqual(2 * every!)
          // PRIMARY outlives three missed ticks in a row.
          expect(every! / 60_000 + 3 * gap).toBeLessThan(credential.ttl / 60_000)
        }
      }
    }
  )

  it('all have a workflow', () => {
    expect(examples.length).toBeGreaterThan(6)
    for (const { workflow } of examples) expect(existsSync(join(root, workflow))).toBe(true)
  })

  it('call the reusable workflow at least four times within its interval', () => {
    const crons = blocksOf('examples/README.md').flatMap(({ language, text }) =>
      language === 'yaml' ? ((parse(text) as Workflow).on.schedule ?? []).map(({ cron }) => cron) : []
    )
    const [rotation] = parseConfiguration(read('examples/bootstrap/rotation.yml'), 'x').rotations
    expect(4 * longestGap(crons)).toBeLessThanOrEqual(rotation!.every! / 60_000)
  })
})

describe('the step that creates the token of the GitHub App', () => {
  const steps = jobs.flatMap(({ name, steps: all }) =>
    all
      .filter(({ uses }) => uses?.startsWith('actions/create-github-app-token@'))
      .map((step) => ({ name, step }))
  )

  it('is found in the README, the examples and the reusable workflow', () => {
    const names = new Set(steps.map(({ name }) => name.replace(/:\d+$/, '')))
    expect(names.size).toBeGreaterThan(6)
    expect([...names]).toEqual(
      expect.arrayContaining(['README.md', '.github/workflows/rotate.yml', 'examples/check/check.yml'])
    )
  })

  it.each(steps)('is the same in $name', ({ name, step }) => {
    const { 'client-id': clientId, ...inputs } = step.with ?? {}
    const special = /^examples\/(organization|deploy-tokens|fleet|automation|rollout)\//.test(name)
    expect(step).toMatchObject({ id: 'app', 'continue-on-error': true, uses: steps[0]!.step.uses })
    expect(clientId).toMatch(/^\$\{\{ (vars\.ROTATION_APP_CLIENT_ID|inputs\.app-client-id) \}\}$/)
    expect(inputs).toMatchObject({ 'private-key': '${{ secrets.ROTATION_APP_PRIVATE_KEY }}' })
    const permissions = Object.keys(inputs).filter((key) => key.startsWith('permission-'))
    if (!special) expect(permissions).toEqual(['permission-secrets', 'permission-environments'])
  })
})

describe('the environment of a job', () => {
  const rotating = jobs.filter(({ steps }) =>
    steps.some(({ uses }) => uses?.startsWith('org/rotate-action@'))
  )

  it.each(rotating)('in $name creates no deployment', ({ job }) => {
    expect(job.environment).toMatchObject({ deployment: false })
  })
})
