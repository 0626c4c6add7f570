import type { GitHubClient } from '../github/client.ts'
import { WorkflowDispatch, type DispatchedRun } from '../github/workflow-dispatch.ts'
import type { Clock } from '../kernel/clock.ts'
import { RotationError, asRotationError, isNotFound } from '../kernel/error.ts'
import { pollUntil } from '../kernel/retry.ts'
import type { Gate, GateAnswer, StartedGate } from '../rotation/model/gate.ts'

/** How long a run whose id was not answered is looked for, in milliseconds. */
const APPEARS_WITHIN_MS = 60_000

/** What {@link WorkflowGate} is built from. */
export interface WorkflowGateOptions {
  /** With the token that may start it; undefined where that input is empty. */
  readonly client: GitHubClient | undefined
  /** The input that the token comes from. */
  readonly token: 'github-token' | 'github-secrets-token'
  /** `owner/name` */
  readonly repository: string
  readonly file: string
  /** Left out, the default branch. */
  readonly ref: string | undefined
  readonly inputs: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Origin of GitHub's pages, e.g. `https://github.com`. */
  readonly webUrl: string
  readonly clock: Clock
  readonly random: () => number
  readonly cancelled: AbortSignal
  readonly readOnce: <T>(key: string, read: () => Promise<T>) => Promise<T>
}

/** Gate that starts a workflow and waits until its run has succeeded. */
export class WorkflowGate implements Gate {
  readonly label: string
  readonly timeoutMs: number
  readonly paceMs = [2_000, 15_000] as const
  readonly movesConsumers = true
  readonly #options: WorkflowGateOptions

  constructor(options: WorkflowGateOptions) {
    this.#options = options
    this.label = `workflow ${options.file} of ${options.repository}`
    this.timeoutMs = options.timeoutMs
  }

  async prepare(): Promise<void> {
    const dispatch = this.#dispatch()
    try {
      await dispatch.requireStartable(await this.#ref(dispatch))
    } catch (thrown) {
      const error = asRotationError(thrown)
      throw error.with({ message: `Rollout gate "${this.label}": ${error.message}`, ...this.#hint(error) })
    }
  }

  async start(): Promise<StartedGate> {
    const dispatch = this.#dispatch()
    // Runs that are there already read the old values: none of them may be taken for this one.
    const before = await dispatch.listRuns().catch(() => undefined)
    const ref = await this.#ref(dispatch)
    const id = await this.#startOnce(dispatch, { ref, before })
    return {
      url: `${this.#options.webUrl}/${this.#options.repository}/actions/runs/${id}`,
      look: async () => classify(await readRun(dispatch, id)),
      stop: () => dispatch.cancel(id)
    }
  }

  async #startOnce(
    dispatch: WorkflowDispatch,
    { ref, before }: { readonly ref: string; readonly before: readonly number[] | undefined }
  ): Promise<number> {
    let lost: RotationError | undefined
    try {
      const id = await dispatch.start(ref, this.#options.inputs)
      if (id !== undefined) return id
    } catch (thrown) {
      lost = asRotationError(thrown)
      if (lost.effect === 'not-applied') throw lost.with(this.#hint(lost))
    }
    const found = before === undefined ? undefined : await this.#findNew(dispatch, before)
    if (found?.length === 1 && found[0] !== undefined) return found[0]
    const reason =
      found === undefined
        ? 'its run could not be found'
        : `${found.length} runs began, and any may be its own`
    throw new RotationError('rollout-failed', `GitHub did not answer which run it started, and ${reason}.`, {
      effect: 'unknown',
      cause: lost
    })
  }

  /** Finds the runs that began since. */
  async #findNew(
    dispatch: WorkflowDispatch,
    before: readonly number[]
  ): Promise<readonly number[] | undefined> {
    const { clock, random, cancelled } = this.#options
    return await pollUntil({
      clock,
      random,
      firstDelayMs: 2_000,
      maxDelayMs: 10_000,
      withinMs: APPEARS_WITHIN_MS,
      signal: cancelled,
      attempt: async () => {
        const runs = await dispatch.listRuns().catch(() => [])
        const found = runs.filter((id) => !before.includes(id))
        return found.length === 0 ? undefined : found
      }
    })
  }

  #dispatch(): WorkflowDispatch {
    const { client, repository, file, token } = this.#options
    if (client !== undefined) return new WorkflowDispatch({ client, repository, file })
    throw new RotationError('missing-value', `Rollout gate "${this.label}": the input ${token} is empty.`, {
      hint: `Give ${token} a token with Actions: write for ${repository}.`
    })
  }

  async #ref(dispatch: WorkflowDispatch): Promise<string> {
    const { ref, repository, readOnce } = this.#options
    return ref ?? (await readOnce(`default branch of ${repository}`, () => dispatch.readDefaultBranch()))
  }

  #hint({ code }: RotationError): { readonly hint?: string } {
    const { token, file, repository } = this.#options
    if (code === 'permission' || code === 'refused')
      return {
        hint:
          token === 'github-token'
            ? 'Give the job `permissions: actions: write`.'
            : `Give the token in ${token} Actions: write for ${repository}.`
      }
    if (code === 'not-found')
      return {
        hint: `Check that ${repository} has .github/workflows/${file} on its default branch, and that the token in ${token} may see it.`
      }
    return code === 'bad-input' ? { hint: "Compare the gate's ref and inputs with the workflow." } : {}
  }
}

/** Reads the run; undefined while GitHub does not show it. */
async function readRun(dispatch: WorkflowDispatch, id: number): Promise<DispatchedRun | undefined> {
  try {
    return await dispatch.readRun(id)
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined
    throw thrown
  }
}

/** Words for states of a run in which it waits for something. */
const WAITING: Readonly<Record<string, string | undefined>> = {
  queued: 'its run is in the queue',
  waiting: 'its run waits for an approval or another rule of its environment',
  pending: 'its run waits for its concurrency group'
}

function classify(run: DispatchedRun | undefined): GateAnswer {
  if (run === undefined) return { state: 'waiting', detail: 'GitHub does not show its run' }
  const { status, conclusion } = run
  if (status !== 'completed') return { state: 'waiting', detail: WAITING[status] ?? 'its run has not ended' }
  if (conclusion === 'success') return { state: 'passed' }
  if (conclusion === 'cancelled') return { state: 'cancelled', detail: 'its run was cancelled' }
  return { state: 'red', detail: `its run ended with \`${conclusion ?? 'nothing'}\`` }
}
