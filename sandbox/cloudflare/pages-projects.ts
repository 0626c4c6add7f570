import type { Deployment, Project } from 'cloudflare/resources/pages/projects/projects'
import { isoMicroseconds } from '../clock.ts'
import { CloudflareError } from './cloudflare-error.ts'
import type { CloudflareContext } from './state.ts'

/** Environment of a project. */
export type PagesEnvironment = 'production' | 'preview'

/** Variable of a project; the value of a secret is in no answer. */
export interface PagesVariable {
  readonly type: 'plain_text' | 'secret_text'
  readonly value: string
}

/** Variables by name. */
export type PagesVariables = Readonly<Record<string, PagesVariable>>

/** Deployment with the variables that it was made with; times are epoch milliseconds. */
export interface PagesDeployment {
  readonly id: string
  readonly environment: PagesEnvironment
  readonly createdAt: number
  readonly status: 'success' | 'failure' | 'active'
  readonly skipped: boolean
  readonly variables: PagesVariables
}

/** Project of Pages; deployments are the oldest first. */
export interface PagesProject {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly variables: Record<PagesEnvironment, PagesVariables>
  readonly deployments: PagesDeployment[]
  /** Id of the production deployment that serves the site. */
  live: string | undefined
}

/** Changes of variables by name; null deletes one. */
export type PagesChanges = Readonly<Record<string, PagesVariable | null>>

/** Pages projects of the account. */
export class PagesProjects {
  readonly #context: CloudflareContext
  readonly #projects = new Map<string, PagesProject>()
  /** Whether a deployment says which variables it was made with: the API's description has them, and does not promise them. */
  showsVariables = true
  /** Whether a project says which of its production deployments serves; as the API's description has it, it always does. */
  showsServing = true
  /** Whether a deployment says when it was made; as the API's description has it, it always does. */
  showsTimes = true

  constructor(context: CloudflareContext) {
    this.#context = context
  }

  get all(): readonly PagesProject[] {
    return [...this.#projects.values()]
  }

  /** Adds a project that was never deployed. */
  addProject(name: string, variables: Partial<Record<PagesEnvironment, PagesVariables>> = {}): PagesProject {
    const project: PagesProject = {
      id: this.#context.entropy.uuid(),
      name,
      createdAt: this.#context.clock.now(),
      variables: { production: {}, preview: {}, ...variables },
      deployments: [],
      live: undefined
    }
    this.#projects.set(name, project)
    return project
  }

  get(name: string): PagesProject {
    const project = this.#projects.get(name)
    if (project !== undefined) return project
    throw new CloudflareError(404, {
      code: 8000007,
      message: 'Project not found. The specified project name does not match any of your existing projects.'
    })
  }

  /** Deploys with the variables as they are now; only a successful deployment serves. */
  deploy(
    name: string,
    environment: PagesEnvironment = 'production',
    { status = 'success', skipped = false }: Partial<Pick<PagesDeployment, 'status' | 'skipped'>> = {}
  ): PagesDeployment {
    const project = this.get(name)
    const deployment = {
      id: this.#context.entropy.uuid(),
      createdAt: this.#context.clock.now(),
      variables: { ...project.variables[environment] },
      ...{ environment, status, skipped }
    }
    project.deployments.push(deployment)
    if (environment === 'production' && status === 'success' && !skipped) project.live = deployment.id
    return deployment
  }

  /** Makes an earlier production deployment serve the site again. */
  rollBack(name: string, id: string): void {
    this.get(name).live = id
  }

  change(project: PagesProject, environment: PagesEnvironment, changes: PagesChanges): void {
    const variables: Record<string, PagesVariable> = { ...project.variables[environment] }
    for (const [name, change] of Object.entries(changes)) {
      if (change === null) delete variables[name]
      else variables[name] = change
    }
    project.variables[environment] = variables
  }

  /** Returns what the next deployment will get, by name. */
  values(name: string, environment: PagesEnvironment = 'production'): Record<string, string> {
    return valuesOf(this.get(name).variables[environment])
  }

  /** Returns what the code of the newest deployment that serves reads; undefined where none does. */
  deployedValues(
    name: string,
    environment: PagesEnvironment = 'production'
  ): Record<string, string> | undefined {
    const deployment = this.#serving(this.get(name), environment)
    return deployment === undefined ? undefined : valuesOf(deployment.variables)
  }

  present(project: PagesProject) {
    const live = this.#serving(project, 'production')
    const latest = project.deployments.at(-1)
    return {
      id: project.id,
      name: project.name,
      created_on: isoMicroseconds(project.createdAt),
      production_branch: 'main',
      ...(this.showsServing && {
        canonical_deployment: live === undefined ? null : this.presentDeployment(project, live)
      }),
      latest_deployment: latest === undefined ? null : this.presentDeployment(project, latest),
      deployment_configs: {
        preview: { env_vars: presentVariables(project.variables.preview) },
        production: { env_vars: presentVariables(project.variables.production) }
      }
    } satisfies PartialAnswer<Project>
  }

  presentDeployment({ id: project_id, name: project_name }: PagesProject, deployment: PagesDeployment) {
    const { id, environment, createdAt, status, skipped, variables } = deployment
    const at = isoMicroseconds(createdAt)
    return {
      ...{ id, environment, project_id, project_name },
      short_id: id.slice(0, 8),
      created_on: this.showsTimes ? at : '',
      modified_on: at,
      is_skipped: skipped,
      latest_stage: { name: 'deploy', status, started_on: at, ended_on: status === 'active' ? null : at },
      ...(this.showsVariables ? { env_vars: presentVariables(variables) } : {})
    } satisfies PartialAnswer<Deployment>
  }

  #serving(project: PagesProject, environment: PagesEnvironment): PagesDeployment | undefined {
    if (environment === 'production') return project.deployments.find(({ id }) => id === project.live)
    return project.deployments.findLast(
      (one) => one.environment === 'preview' && one.status === 'success' && !one.skipped
    )
  }
}

/** Answer of which the sandbox shows a part. */
type PartialAnswer<T> = { [K in keyof T]?: unknown }

function valuesOf(variables: PagesVariables): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, { value }]) => [name, value]))
}

function presentVariables(variables: PagesVariables) {
  return Object.fromEntries(
    Object.entries(variables).map(([name, { type, value }]) => [
      name,
      { type, value: type === 'secret_text' ? '' : value }
    ])
  )
}
