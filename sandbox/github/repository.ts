import { notFound } from './github-error.ts'
import type {
  EnvironmentSettings,
  Issue,
  Label,
  Variable,
  Workflow,
  WorkflowRun
} from './repository-parts.ts'
import { SecretVault, type GithubContext } from './secret-vault.ts'

/** Parts of GitHub that store their own secrets. */
export const secretApps = ['actions', 'dependabot', 'codespaces'] as const

/** Part of GitHub that stores its own secrets. */
export type SecretApp = (typeof secretApps)[number]

/** Repository with everything that the sandbox simulates. */
export class Repository {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly createdAt: number
  readonly isPrivate: boolean
  hasIssues: boolean
  readonly secrets: Readonly<Record<SecretApp, SecretVault>>
  readonly environments = new Map<string, SecretVault>()
  /** What each environment has besides secrets; one that a job named first is open to every branch. */
  readonly environmentSettings = new Map<string, EnvironmentSettings>()
  readonly issues: Issue[] = []
  readonly labels = new Map<string, Label>()
  readonly runs: WorkflowRun[] = []
  readonly workflows: Workflow[] = []
  /** Branches and tags. */
  readonly refs: string[] = ['main']
  /** Number of next dispatches that are accepted and never become a run. */
  swallowedDispatches = 0
  /** Time of the last push; a public repository without activity for 60 days loses its schedules. */
  pushedAt: number
  readonly variables = new Map<string, Variable>()
  readonly #context: GithubContext

  constructor(context: GithubContext, options: { fullName: string; isPrivate: boolean; hasIssues: boolean }) {
    this.#context = context
    const [owner = '', name = ''] = options.fullName.split('/')
    this.owner = owner
    this.name = name
    this.id = this.newId()
    this.createdAt = context.clock.now()
    this.pushedAt = this.createdAt
    this.workflows.push({
      id: 161_335,
      path: '.github/workflows/rotate.yml',
      state: 'active',
      dispatchInputs: ['command'],
      createdAt: this.createdAt,
      updatedAt: this.createdAt
    })
    this.isPrivate = options.isPrivate
    this.hasIssues = options.hasIssues
    this.secrets = createVaults(context, 100)
    this.addLabel({ name: 'bug', color: 'd73a4a', description: "Something isn't working" })
  }

  get fullName(): string {
    return `${this.owner}/${this.name}`
  }

  newId(): number {
    return 1_000_000_000 + this.#context.entropy.integer(1_000_000_000)
  }

  addEnvironment(name: string): SecretVault {
    const vault = new SecretVault(this.#context, { limit: 100 })
    this.environments.set(name, vault)
    return vault
  }

  /** Returns the settings of an environment; one that does not exist is a 404. */
  settingsOf(environment: string): EnvironmentSettings {
    this.environment(environment)
    let settings = this.environmentSettings.get(environment)
    if (settings === undefined) {
      settings = { branches: undefined, variables: new Map() }
      this.environmentSettings.set(environment, settings)
    }
    return settings
  }

  /** Returns the secrets of an environment; one that does not exist is a 404. */
  environment(name: string): SecretVault {
    const vault = this.environments.get(name)
    if (vault === undefined) throw notFound()
    return vault
  }

  addLabel({
    name,
    color,
    description
  }: {
    name: string
    color?: string
    description?: string | null
  }): Label {
    const label = { id: this.newId(), name, color: color ?? 'ededed', description: description ?? null }
    this.labels.set(name.toLowerCase(), label)
    return label
  }

  addIssue(issue: {
    title: string
    author: string
    body?: string | null
    labels?: readonly string[]
    isPullRequest?: boolean
  }): Issue {
    const now = this.#context.clock.now()
    const labels = issue.labels ?? []
    const added: Issue = {
      id: this.newId(),
      number: this.issues.length + 1,
      title: issue.title,
      body: issue.body ?? null,
      state: 'open',
      stateReason: null,
      labels: [],
      author: issue.author,
      isPullRequest: issue.isPullRequest ?? false,
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      comments: []
    }
    this.setLabels(added, labels)
    this.issues.push(added)
    return added
  }

  /** Adds labels to an issue; GitHub creates labels that do not exist. */
  setLabels(issue: Issue, names: readonly string[]): void {
    issue.labels = names.map((name) => (this.labels.get(name.toLowerCase()) ?? this.addLabel({ name })).name)
  }

  addRun(run: Partial<WorkflowRun> = {}): WorkflowRun {
    const added = this.newRun(run)
    this.runs.push(added)
    return added
  }

  /** Forms a run that is not listed. */
  newRun(run: Partial<WorkflowRun> = {}): WorkflowRun {
    const now = this.#context.clock.now()
    const createdAt = run.createdAt ?? now
    return {
      id: this.newId(),
      name: 'Rotate credentials',
      path: '.github/workflows/rotate.yml',
      workflowId: 161_335,
      event: 'schedule',
      runNumber: this.runs.length + 1,
      runAttempt: 1,
      status: 'in_progress',
      conclusion: null,
      headBranch: 'main',
      headSha: this.#context.entropy.hex(40),
      createdAt,
      runStartedAt: createdAt,
      updatedAt: createdAt,
      ...run
    }
  }

  setVariable(name: string, value: string): boolean {
    const now = this.#context.clock.now()
    const known = this.variables.get(name.toUpperCase())
    this.variables.set(name.toUpperCase(), {
      name: name.toUpperCase(),
      value,
      createdAt: known?.createdAt ?? now,
      updatedAt: now
    })
    return known === undefined
  }
}

/** Creates one vault for each part of GitHub that stores secrets. */
export function createVaults(
  context: GithubContext,
  limit: number
): Readonly<Record<SecretApp, SecretVault>> {
  return {
    actions: new SecretVault(context, { limit }),
    dependabot: new SecretVault(context, { limit }),
    codespaces: new SecretVault(context, { limit })
  }
}
