import { SimulatedProcess } from '../process.ts'
import { openAlerts } from '../postconditions.ts'
import type { Report } from '../../coordinator/src/rules/report.ts'
import { isFailure, type Outcome } from '../../src/rotation/model/outcome.ts'
import type { World } from '../world.ts'
import { drawCrash, failingCalls, type Outages } from './calls.ts'
import type { Draws } from './draws.ts'
import { findOutage } from './platforms.ts'
import { takeReports } from './reports.ts'
import { REPORT_TOKEN, type Setting } from './settings.ts'
import { LOST_MS } from './workflow-runs.ts'

/** End of a run of the action. */
export interface RunEnd {
  readonly outcome: Outcome | 'killed'
  /** When GitHub shows that it has ended, in epoch milliseconds. */
  readonly at: number
  readonly conclusion: 'success' | 'failure'
}

/** What the runs of a year depend on. */
interface Surroundings {
  readonly world: World
  readonly setting: Setting
  readonly draws: Draws
  readonly outages: Outages
  readonly onReport: (report: Report, at: number) => void
}

/** Turns of the event loop after which nothing of a killed run is under way. */
const SETTLED_TURNS = 50
/** The repository lists so many of the latest runs; older ones are of no interest, and searching them takes time. */
const LISTED_RUNS = 100

/** Runs of the real action, whose calls fail and whose machines are lost as often as in a real year. */
export class ActionRuns {
  readonly #given: Surroundings
  readonly #failCalls: ReturnType<typeof failingCalls>
  readonly #coordinator: ReturnType<typeof takeReports>
  /** Number of alerts that were opened. */
  alerts = 0

  constructor(given: Surroundings) {
    const { world, draws, outages, onReport } = given
    this.#given = given
    this.#failCalls = failingCalls(world.sandbox, { draws, outages })
    this.#coordinator = takeReports(
      () => findOutage(outages.cloudflare, world.clock.now()) === undefined,
      (report) => onReport(report, world.clock.now())
    )
  }

  /** Prepares the year: two rotations in which nothing fails, so that each slot holds what a rotation created. */
  async begin(): Promise<void> {
    const { world, setting } = this.#given
    for (let done = 0; done < 2; done++) {
      const { record } = await world.run({ ...this.#options(), force: true })
      if (record.outcome !== 'rotated')
        throw new Error(
          `${setting.name} did not rotate: ${record.outcome} ${record.rotations[0]?.error?.message}`
        )
    }
  }

  /** Performs a run that starts now. */
  async run(): Promise<RunEnd> {
    const { world, draws } = this.#given
    const { sandbox, account, clock } = world
    sandbox.transcript.clear()
    sandbox.cloudflare.tokens.forgetDeleted()
    const listed = account.repository.runs
    for (const run of listed) run.status = 'completed'
    listed.splice(0, listed.length - LISTED_RUNS)
    const crash = drawCrash(draws)
    const process = new SimulatedProcess(sandbox, { onSend: this.#failCalls, ...(crash && { crash }) })
    const workflowRun = account.repository.addRun()
    const hadAlert = openAlerts(world).length > 0
    const running = world.run({ ...this.#options(), runId: workflowRun.id, process })
    const ended = await Promise.race([running, process.crashed])
    sandbox.faults.clear()
    if (!hadAlert && openAlerts(world).length > 0) this.alerts += 1
    if (ended === 'killed' || crash !== undefined) {
      process.kill()
      await settle()
      process.abandon()
      // Until GitHub notices, the run is still shown as one that works.
      workflowRun.status = 'in_progress'
      return { outcome: 'killed', at: clock.now() + LOST_MS, conclusion: 'failure' }
    }
    const { outcome } = ended.record
    const hasFailed = isFailure(outcome) || ended.alertError !== undefined
    return { outcome, at: clock.now(), conclusion: hasFailed ? 'failure' : 'success' }
  }

  #options(): Parameters<World['run']>[0] & object {
    const { world, setting } = this.#given
    return {
      configuration: setting.configuration,
      env: { ...world.environment(), [REPORT_TOKEN.variable]: REPORT_TOKEN.value },
      coordinator: this.#coordinator
    }
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLED_TURNS; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
