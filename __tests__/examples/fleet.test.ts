import { Evaluator, Lexer, Parser, data } from '@actions/expressions'
import { NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow } from '@actions/workflow-parser'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { read } from '../contract/repository.ts'

const CALLER = 'examples/fleet/rotate.yml'
const CALLED = 'examples/fleet/account.yml'

type Contexts = Readonly<Record<string, unknown>>

interface Job {
  readonly if?: string
  readonly uses?: string
  readonly with?: Readonly<Record<string, string>>
  readonly strategy: { readonly matrix: Readonly<Record<string, unknown>> }
  readonly concurrency: { readonly group: string }
  readonly environment: { readonly name: string }
  readonly steps: readonly { readonly uses: string; readonly with: Readonly<Record<string, string>> }[]
}

const jobsOf = (file: string): Readonly<Record<string, Job>> =>
  (parse(read(file)) as { readonly jobs: Readonly<Record<string, Job>> }).jobs

/** Plain data as GitHub's expressions have it. */
function toData(value: unknown): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver) as data.ExpressionData
}

/** Evaluates an expression with GitHub's own engine. */
function evaluate(expression: string, contexts: Contexts): unknown {
  const { tokens } = new Lexer(expression).lex()
  const parsed = new Parser(tokens, Object.keys(contexts), []).parse()
  const result = new Evaluator(parsed, toData(contexts) as data.Dictionary).evaluate()
  return JSON.parse(JSON.stringify(result, data.replacer)) as unknown
}

/** A value of a workflow: an expression alone keeps its type, one in a text becomes text. */
function fillIn(value: unknown, contexts: Contexts): unknown {
  if (typeof value !== 'string') return value
  const whole = /^\$\{\{ ((?:(?!\}\}).)*) \}\}$/.exec(value)?.[1]
  if (whole !== undefined) return evaluate(whole, contexts)
  return value.replace(/\$\{\{ (.*?) \}\}/g, (_, inner: string) => String(evaluate(inner, contexts)))
}

/** The values that a matrix with one key gives its jobs. */
function expand({ strategy }: Job, key: string, contexts: Contexts): readonly string[] {
  expect(Object.keys(strategy.matrix)).toEqual([key])
  return fillIn(strategy.matrix[key], contexts) as readonly string[]
}

const job = (file: string, name: string): Job => jobsOf(file)[name]!

/** The contexts of a called workflow after its plan. */
const planned = (account: string, due: readonly string[]): Contexts => ({
  inputs: { account },
  needs: { plan: { result: 'success', outputs: { due: JSON.stringify(due) } } }
})

describe('fleet example', () => {
  it('is valid for GitHub, with the workflow that it calls', async () => {
    const parsed = parseWorkflow({ name: CALLER, content: read(CALLER) }, new NoOperationTraceWriter())
    const asked: string[] = []
    const files = {
      getFileContent: (reference: unknown) => {
        asked.push(JSON.stringify(reference))
        return Promise.resolve({ name: CALLED, content: read(CALLED) })
      }
    }
    const deep = { fetchReusableWorkflowDepth: 1 }
    const template = await convertWorkflowTemplate(parsed.context, parsed.value!, files, deep)
    expect(template.errors ?? []).toEqual([])
    expect(asked).toEqual([expect.stringContaining('.github/workflows/account.yml')])
    expect(template.jobs).toMatchObject([{ type: 'reusableWorkflowJob', jobs: [{}, {}, {}] }])
  })

  it('expands to a job for each due rotation of each account, each with a lock and a configuration of its own', () => {
    const due: Readonly<Record<string, readonly string[]>> = {
      production: ['site', 'docs'],
      staging: ['site']
    }
    const caller = job(CALLER, 'account')
    const jobs = expand(caller, 'account', {}).flatMap((account) => {
      const given = fillIn(caller.with!['account'], { matrix: { account } }) as string
      const rotate = job(CALLED, 'rotate')
      const contexts = planned(given, due[given]!)
      return expand(rotate, 'rotation', contexts).map((rotation) => {
        const all = { ...contexts, matrix: { rotation } }
        const step = rotate.steps.at(-1)!
        return {
          group: fillIn(rotate.concurrency.group, all),
          environment: fillIn(rotate.environment.name, all),
          config: fillIn(step.with['config'], all),
          only: fillIn(step.with['only'], all)
        }
      })
    })
    const of = (account: string, only: string) => ({
      group: `rotation-${account}-${only}`,
      environment: `rotation-${account}`,
      config: `.github/rotation/${account}.yml`,
      only
    })
    expect(jobs).toEqual([of('production', 'site'), of('production', 'docs'), of('staging', 'site')])
  })

  it.each([
    [[], false],
    [['site'], true]
  ])('runs the matrix for what is due (%j): %s', (due, runs) => {
    expect(evaluate(job(CALLED, 'rotate').if!, planned('production', due))).toBe(runs)
  })

  it('passes the output of the plan, and checks whatever came before', () => {
    const plan = jobsOf(CALLED)['plan'] as unknown as { readonly outputs: { readonly due: string } }
    const steps = { plan: { outputs: { due: '["site"]' } } }
    expect(fillIn(plan.outputs.due, { steps })).toBe('["site"]')
    expect(job(CALLED, 'check').if).toBe('always()')
  })
})
