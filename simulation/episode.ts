import { createHash } from 'node:crypto'
import { isFailure } from '../src/rotation/model/outcome.ts'
import type { Call } from '../sandbox/transcript.ts'
import { watchUnrelatedObjects } from './unrelated-objects.ts'
import { UnknownWriteMonitor } from './unknown-write-monitor.ts'
import {
  findAlertViolations,
  findLeftovers,
  findRecordViolations,
  findUnexplainedOrphans,
  openAlerts
} from './postconditions.ts'
import { watchSlots, type SlotWatch, type Violation } from './invariants.ts'
import { findChangedPermissions, findUnreadRevocations, findHeldPrimaries } from './verdicts.ts'
import { createWorldOf, type Kind } from './kinds.ts'
import { findUngatedRevocations } from './gates.ts'
import { findLeaks } from './leaks.ts'
import { withAdopted } from './unknown.ts'
import { SimulatedProcess, type ProcessOptions } from './process.ts'
import type { RunOptions, World, WorldRun } from './world.ts'

/** Result of one run of an episode. */
export interface EpisodeRun {
  readonly label: string
  readonly runId: number
  /** Absent where the process was killed. */
  readonly result: WorldRun | undefined
  readonly calls: readonly Call[]
}

/** Callback after each run. */
export type RunObserver = (run: EpisodeRun) => void

/** Options of one run of an episode. */
export interface EpisodeRunOptions extends ProcessOptions {
  /** Name of the run in violations, as `faulted` or `next 1`. */
  readonly label: string
  readonly options?: RunOptions
  /** Whether other runs are in progress, so that leftovers at its end may not be its own. */
  readonly concurrent?: boolean
}

/** Whether a run may revoke what it did not read: one of `contain`, or one with an environment of its own. */
function isContainment(options: RunOptions | undefined): boolean {
  return options?.command === 'contain' || options?.env !== undefined
}

/** Sequence of runs in one world. Every invariant is checked after every call and every run. */
export class Episode {
  readonly world: World
  readonly kind: Kind
  readonly violations: Violation[] = []
  /** Number of runs, including killed ones. */
  runs = 0
  calls = 0
  readonly #watch: SlotWatch
  readonly #findDisturbed: () => readonly Violation[]
  readonly #killed: (() => void)[] = []
  readonly #hash = createHash('sha256')

  readonly #onRun: RunObserver | undefined

  constructor(kind: Kind, seed: number, onRun?: RunObserver) {
    this.#onRun = onRun
    this.world = createWorldOf(kind, seed)
    this.kind = { ...kind, configuration: withAdopted(kind.configuration, this.world) }
    this.#watch = watchSlots(this.world, this.kind.configuration)
    this.#watch.begin()
    this.#findDisturbed = watchUnrelatedObjects(this.world)
  }

  get about(): { configuration: string; everHeld: ReadonlySet<string> } {
    return { configuration: this.kind.configuration, everHeld: this.#watch.everHeld }
  }

  /** Hash of everything that happened, which identifies the course of an episode. */
  get hash(): string {
    return this.#hash.copy().digest('hex').slice(0, 16)
  }

  /** Runs the rotations that precede the trial. */
  async begin(): Promise<void> {
    for (let done = 0; done < this.kind.before; done++) {
      const { result } = await this.run({ label: `before ${done + 1}` })
      if (result?.record.outcome !== 'rotated')
        throw new Error(
          `${this.kind.name} did not rotate: ${result?.record.outcome} ${JSON.stringify(result?.record.rotations[0]?.error ?? result?.record.error)}`
        )
      this.world.clock.advance(this.kind.intervalMs)
    }
    this.#watch.begin()
  }

  /** Performs one run and checks it. */
  async run({ label, options, concurrent, ...processOptions }: EpisodeRunOptions): Promise<EpisodeRun> {
    const { world } = this
    const { sandbox } = world
    this.runs += 1
    const monitor = new UnknownWriteMonitor(world)
    const process = new SimulatedProcess(sandbox, {
      ...processOptions,
      onSend: (call) => {
        monitor.send(call)
        return processOptions.onSend?.(call)
      },
      onEnd: (index, call) => monitor.answered(index, call)
    })
    const log: string[] = []
    const over = new AbortController()
    const forced = AbortSignal.any([over.signal, options?.forced ?? over.signal])
    const alertsBefore = openAlerts(world).length
    const begun = sandbox.transcript.length
    const { repository } = world.account
    const held = findHeldPrimaries(world, this.kind.configuration)
    const workflowRun = repository.runs.find(({ id }) => id === options?.runId) ?? repository.addRun()
    const running = world.run({
      configuration: this.kind.configuration,
      runId: workflowRun.id,
      ...options,
      forced,
      process,
      log
    })
    const ended = await Promise.race([running, process.crashed])
    workflowRun.status = 'completed'
    if (ended === 'killed') {
      this.#killed.push(() => {
        over.abort()
        process.dispose()
      })
    }
    const calls = sandbox.transcript.since(begun).filter((call) => process.isOwnCall(call))
    this.calls += calls.length
    const result = ended === 'killed' ? undefined : ended
    const found: Violation[] = [
      ...this.#watch.violations.splice(0),
      ...this.#findDisturbed(),
      ...monitor.violations,
      ...findLeaks(world, { log, ...(result === undefined ? {} : { run: result }) }),
      ...(result === undefined ? [] : findRecordViolations(result)),
      ...findChangedPermissions(world, this.kind.configuration),
      ...findUngatedRevocations(world, { ...this.about, calls, runId: workflowRun.id }),
      ...(result === undefined || concurrent === true || isContainment(options)
        ? []
        : findUnreadRevocations(world, result, held)),
      ...(result === undefined || concurrent === true
        ? []
        : this.#classify(result, { calls, alertsBefore, options }))
    ]
    this.violations.push(...found.map((one) => ({ ...one, during: label })))
    this.#digest(label, calls, { log, result })
    const run = { label, runId: workflowRun.id, result, calls }
    this.#onRun?.(run)
    return run
  }

  #classify(
    run: WorldRun,
    {
      calls,
      alertsBefore,
      options
    }: { calls: readonly Call[]; alertsBefore: number; options: RunOptions | undefined }
  ): readonly Violation[] {
    const faulted =
      options?.forced?.aborted === true ||
      calls.some(({ fault, path }) => fault !== undefined && /\/(issues|labels)/.test(path))
    const { outcome } = run.record
    const succeeded = !isFailure(outcome) && outcome !== 'locked' && outcome !== 'stale'
    return [
      ...findAlertViolations(this.world, run, { faulted, before: alertsBefore }),
      ...(succeeded ? findUnexplainedOrphans(this.world, run, this.about) : [])
    ]
  }

  /** Ends what is left of killed runs; the world cannot be used afterwards. */
  end(): void {
    for (const dispose of this.#killed.splice(0)) dispose()
  }

  /** Finds what is not clean after the last run. */
  findLeftovers(run: WorldRun | undefined): readonly string[] {
    return findLeftovers(this.world, { ...this.about, run })
  }

  #digest(
    label: string,
    calls: readonly Call[],
    end: { log: readonly string[]; result: WorldRun | undefined }
  ): void {
    this.#hash.update(JSON.stringify([label, calls, end.log, end.result?.record]))
  }
}
