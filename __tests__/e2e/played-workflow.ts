import { parse } from 'yaml'
import type { JobResult } from '../../sandbox/runner.ts'

/** What a workflow is played with: what GitHub would know of the repository. */
export interface RunnerScope {
  /** The inputs of `workflow_dispatch` that somebody filled in. */
  readonly inputs: Readonly<Record<string, string>>
  /** Answers the secrets and variables of an environment; GitHub makes one that a job names and that is not there. */
  readonly openEnvironment: (name: string) => Values
  /** What `GITHUB_TOKEN` may do. */
  readonly permissions: (granted: Readonly<Record<string, string>>) => void
  /** Checks the repository out. */
  readonly checkOut: () => void
  /** Exchanges the key of an App for a token. @throws Error with what the step would say */
  readonly createAppToken: (given: Readonly<Record<string, string>>) => string
  /** Runs this action. */
  readonly runAction: (step: {
    readonly inputs: Readonly<Record<string, string>>
    readonly env: Readonly<Record<string, string>>
  }) => Promise<JobResult>
}

/** The contexts `secrets` and `vars` of a job. */
export interface Values {
  readonly secrets: Readonly<Record<string, string>>
  readonly vars: Readonly<Record<string, string>>
}

/** What a played workflow came to. */
export interface Played {
  /** What this action left; undefined where the job ended before. */
  readonly result: JobResult | undefined
  /** What the steps before it said that failed. */
  readonly failures: readonly string[]
}

interface Step {
  readonly id?: string
  readonly uses: string
  readonly with?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, unknown>>
  readonly 'continue-on-error'?: boolean
}

interface Workflow {
  readonly on: {
    readonly workflow_dispatch: {
      readonly inputs: Readonly<
        Record<string, { readonly default?: string | boolean; readonly options?: string[] }>
      >
    }
  }
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly environment: { readonly name: string; readonly deployment: false }
        readonly permissions: Readonly<Record<string, string>>
        readonly steps: readonly Step[]
      }
    >
  >
}

/** Plays the one job of a workflow that somebody starts by hand, as far as the workflows of the documents go. */
export async function playWorkflow(text: string, surroundings: RunnerScope): Promise<Played> {
  const { on, jobs } = parse(text) as Workflow
  const [job, ...others] = Object.values(jobs)
  if (job === undefined || others.length > 0) throw new Error('a workflow with one job can be played')
  const declared = on.workflow_dispatch.inputs
  const inputs: Record<string, string> = Object.fromEntries(
    Object.entries(declared).map(([name, { default: fallback }]) => [name, String(fallback ?? '')])
  )
  for (const [name, value] of Object.entries(surroundings.inputs)) {
    if (declared[name]?.options?.includes(value) === false || !(name in declared))
      throw new Error(`nobody can start the workflow with ${name}=${value}`)
    inputs[name] = value
  }
  const { secrets, vars } = surroundings.openEnvironment(job.environment.name)
  const steps: Record<string, string> = {}
  const evaluate = (given: Readonly<Record<string, unknown>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        fillIn(String(value), { secrets, vars, inputs, steps })
      ])
    )
  surroundings.permissions(job.permissions)
  const failures: string[] = []
  for (const step of job.steps) {
    try {
      switch (step.uses.replace(/@.*$/, '')) {
        case 'actions/checkout':
          surroundings.checkOut()
          break
        case 'actions/create-github-app-token':
          steps[`${step.id}.outputs.token`] = surroundings.createAppToken(evaluate(step.with))
          break
        case 'org/rotate-action':
          return {
            result: await surroundings.runAction({ inputs: evaluate(step.with), env: evaluate(step.env) }),
            failures
          }
        default:
          throw new Error(`nobody here can play ${step.uses}`)
      }
    } catch (thrown) {
      failures.push(`${step.id ?? step.uses}: ${(thrown as Error).message}`)
      if (step['continue-on-error'] !== true) return { result: undefined, failures }
    }
  }
  throw new Error('the workflow does not use this action')
}

type Contexts = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Evaluates `${{ context.name }}` and `${{ context.name || fallback }}`; what is not there is empty, as on GitHub. */
function fillIn(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{ (\w+)\.([\w.-]+)(?: \|\| (?:'([^']*)'|(\w+)))? \}\}/g, (whole, ...found) => {
    const [context, name, quoted, word] = found as string[]
    const values = contexts[context!]
    if (values === undefined) throw new Error(`nobody here can evaluate ${whole}`)
    const value = values[name!] ?? ''
    return value === '' || value === 'false' ? (quoted ?? word ?? value) : value
  })
}
