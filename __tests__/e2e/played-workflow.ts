import { parse } from 'yaml'
import type { JobResult } from '../../sandbox/runner.ts'

/** The event that starts a workflow, and what GitHub knows of its repository. */
export interface WorkflowContext {
  readonly event: 'schedule' | 'workflow_dispatch'
  /** The inputs of `workflow_dispatch` that the user filled in. */
  readonly inputs: Readonly<Record<string, string>>
  /** Returns the secrets and variables of an environment; GitHub creates one that a job names and that does not exist. */
  readonly openEnvironment: (name: string) => Values
  /** Receives the permissions of `GITHUB_TOKEN`. */
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

/** Result of a played workflow. */
export interface Played {
  /** Result of this action; undefined if the job ended before. */
  readonly result: JobResult | undefined
  /** Messages of the steps before it that failed. */
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
    readonly schedule?: readonly { readonly cron: string }[]
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

/** Plays the one job of a workflow, as far as the documented workflows need it. */
export async function playWorkflow(text: string, context: WorkflowContext): Promise<Played> {
  const { on, jobs } = parse(text) as Workflow
  const [job, ...others] = Object.values(jobs)
  if (job === undefined || others.length > 0) throw new Error('a workflow with one job can be played')
  const inputs = inputsOf(on, context)
  const { secrets, vars } = context.openEnvironment(job.environment.name)
  const steps: Record<string, string> = {}
  const evaluate = (given: Readonly<Record<string, unknown>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        fillIn(String(value), { secrets, vars, inputs, steps })
      ])
    )
  context.permissions(job.permissions)
  const failures: string[] = []
  for (const step of job.steps) {
    try {
      switch (step.uses.replace(/@.*$/, '')) {
        case 'actions/checkout':
          context.checkOut()
          break
        case 'actions/create-github-app-token':
          steps[`${step.id}.outputs.token`] = context.createAppToken(evaluate(step.with))
          break
        case 'org/rotate-action':
          return {
            result: await context.runAction({ inputs: evaluate(step.with), env: evaluate(step.env) }),
            failures
          }
        default:
          throw new Error(`${step.uses} cannot be played here`)
      }
    } catch (thrown) {
      failures.push(`${step.id ?? step.uses}: ${(thrown as Error).message}`)
      if (step['continue-on-error'] !== true) return { result: undefined, failures }
    }
  }
  throw new Error('the workflow does not use this action')
}

/** The context `inputs`: that of a scheduled run is empty. */
function inputsOf(on: Workflow['on'], { event, inputs: given }: WorkflowContext): Record<string, string> {
  if (event === 'schedule') {
    if ((on.schedule ?? []).length === 0) throw new Error('the workflow has no schedule')
    return {}
  }
  const declared = on.workflow_dispatch.inputs
  const inputs = Object.fromEntries(
    Object.entries(declared).map(([name, { default: fallback }]) => [name, String(fallback ?? '')])
  )
  for (const [name, value] of Object.entries(given)) {
    if (declared[name]?.options?.includes(value) === false || !(name in declared))
      throw new Error(`the workflow cannot be started with ${name}=${value}`)
    inputs[name] = value
  }
  return inputs
}

type Contexts = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Evaluates `${{ context.name }}` and `${{ context.name || fallback }}`; a missing value is empty, as on GitHub. */
function fillIn(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{ (\w+)\.([\w.-]+)(?: \|\| (?:'([^']*)'|(\w+)))? \}\}/g, (whole, ...found) => {
    const [context, name, quoted, word] = found as string[]
    const values = contexts[context!]
    if (values === undefined) throw new Error(`${whole} cannot be evaluated here`)
    const value = values[name!] ?? ''
    return value === '' || value === 'false' ? (quoted ?? word ?? value) : value
  })
}
