/** Issue or pull request; times are epoch milliseconds. */
export interface Issue {
  readonly id: number
  readonly number: number
  title: string
  body: string | null
  state: 'open' | 'closed'
  stateReason: string | null
  labels: string[]
  readonly author: string
  readonly isPullRequest: boolean
  readonly createdAt: number
  updatedAt: number
  closedAt: number | null
  readonly comments: IssueComment[]
}

/** Comment on an issue. */
export interface IssueComment {
  readonly id: number
  readonly author: string
  readonly body: string
  readonly createdAt: number
}

/** Label of a repository. */
export interface Label {
  readonly id: number
  readonly name: string
  readonly color: string
  readonly description: string | null
}

/** Workflow run; tests change `status`, `conclusion` and the times. */
export interface WorkflowRun {
  readonly id: number
  readonly name: string
  readonly path: string
  readonly workflowId: number
  readonly event: string
  readonly runNumber: number
  runAttempt: number
  status: string
  conclusion: string | null
  readonly headBranch: string
  readonly headSha: string
  readonly createdAt: number
  runStartedAt: number
  updatedAt: number
  /** How it will end by itself; left out, it ends when a test ends it. */
  readonly ending?: RunEnding
}

/** How a run of a workflow ends by itself. */
export interface RunEnding {
  readonly afterMs: number
  readonly conclusion: string
}

/** Workflow of a repository. */
export interface Workflow {
  readonly id: number
  readonly path: string
  /** `active`, `disabled_inactivity`, `disabled_manually` and others. */
  state: string
  /** Inputs of `workflow_dispatch`; undefined without that trigger. */
  dispatchInputs: readonly string[] | undefined
  /** How its runs end that are started by `workflow_dispatch`; left out, they do not. */
  runEnding?: RunEnding | undefined
  readonly createdAt: number
  updatedAt: number
}

/** Configuration variable of a repository. */
export interface Variable {
  readonly name: string
  value: string
  readonly createdAt: number
  updatedAt: number
}

/** Who may use an environment, and its variables. */
export interface EnvironmentSettings {
  /** Names or patterns of the branches that may deploy to it; undefined for all. */
  branches: string[] | undefined
  readonly variables: Map<string, string>
}
