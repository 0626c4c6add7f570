import { isFailure } from '../../src/rotation/model/outcome.ts'
import { DAY, HOUR, MINUTE, SECOND } from '../times.ts'
import { createWorld, type World } from '../world.ts'
import { ActionRuns } from './action-runs.ts'
import type { Outages } from './calls.ts'
import { SimulatedCoordinator } from './coordinator.ts'
import { Draws } from './draws.ts'
import { divideLapses, type LapsedMinutes } from './lapsed-minutes.ts'
import { LapseWatch } from './lapses.ts'
import { drawCronStarts, drawOutages, findOutage, type Span } from './platforms.ts'
import { replaceByHand } from './replace-by-hand.ts'
import type { Setting } from './settings.ts'
import { WorkflowRuns } from './workflow-runs.ts'

/** Options of a year. */
export interface YearOptions {
  readonly seed: number
  /** Length in days; 365 by default. */
  readonly days?: number
}

/** Course of a year. */
export interface YearResult {
  readonly setting: string
  readonly lapsed: LapsedMinutes
  /** Runs by outcome, with `killed` for those that lost their machine. */
  readonly runs: Readonly<Record<string, number>>
  /** Alerts: issues of the action, and messages of the coordinator by cause. */
  readonly alerts: Readonly<Record<string, number>>
  /** How often a person put new tokens in. */
  readonly byHand: number
  /** Longest time from the beginning of a run that ended well to the end of the next one, in milliseconds. */
  readonly longestGapMs: number
  /** Lapses that began although a run had ended well within the time that the setting survives. */
  readonly contradictions: number
}

/** A person who is alarmed needs so long to put new tokens in. */
const BY_HAND_MS = HOUR

/** Simulates a year of a setting: the real action on the sandbox, started by GitHub's cron or by the coordinator's own rules. */
export async function simulateYear(setting: Setting, options: YearOptions): Promise<YearResult> {
  return await new Year(setting, options).pass()
}

/** Starts runs: the times at which it acts, in order, and what it does then. */
interface Starter {
  readonly next: () => number
  readonly act: (at: number) => void
}

class Year {
  readonly #setting: Setting
  readonly #world: World
  readonly #span: Span
  readonly #outages: Outages
  readonly #queue: WorkflowRuns
  readonly #coordinator: SimulatedCoordinator | undefined
  readonly #starter: Starter
  readonly #action: ActionRuns
  readonly #runs = new Map<string, number>()
  #byHand = 0
  #byHandAt = Infinity
  /** Beginning of the latest run that ended well: what it created ends a lifetime later at the earliest. */
  #lastWell: number
  #longestGapMs = 0
  #contradictions = 0

  constructor(setting: Setting, { seed, days = 365 }: YearOptions) {
    const world = createWorld({ ...setting.world, seed })
    world.account.run.status = 'completed'
    setting.prepare?.(world)
    const from = world.clock.now()
    const span = { from, until: from + days * DAY }
    const draws = new Draws(seed, 'outages')
    const outages = { github: drawOutages(draws, span), cloudflare: drawOutages(draws, span) }
    this.#setting = setting
    this.#world = world
    this.#span = span
    this.#outages = outages
    this.#lastWell = from
    this.#queue = new WorkflowRuns(new Draws(seed, 'queue'), outages.github)
    if (setting.trigger === 'coordinator')
      this.#coordinator = new SimulatedCoordinator({
        every: setting.starts,
        runs: this.#queue,
        draws: new Draws(seed, 'coordinator'),
        githubOutages: outages.github
      })
    this.#starter =
      this.#coordinator === undefined
        ? this.#byCron(new Draws(seed, 'cron'))
        : this.#byCoordinator(this.#coordinator)
    this.#action = new ActionRuns({
      ...{ world, setting, outages, draws: new Draws(seed, 'calls') },
      onReport: (report, at) => this.#coordinator?.report(report, at)
    })
  }

  async pass(): Promise<YearResult> {
    const { clock } = this.#world
    await this.#action.begin()
    const watch = new LapseWatch(this.#world, this.#setting.configuration)
    let trigger = this.#starter.next()
    for (;;) {
      const at = Math.min(trigger, this.#queue.nextStart, this.#byHandAt)
      if (at >= this.#span.until) break
      clock.advance(Math.max(0, at - clock.now()))
      if (at === trigger) {
        this.#starter.act(at)
        trigger = this.#starter.next()
      } else if (at === this.#byHandAt) {
        this.#byHandAt = Infinity
        if (watch.worksUntil <= at) this.#replace(at)
      } else await this.#run(watch, at)
    }
    clock.advance(Math.max(0, this.#span.until - clock.now()))
    watch.look()
    this.#noteWell({ from: clock.now(), until: clock.now() })
    return this.#result(watch)
  }

  async #run(watch: LapseWatch, at: number): Promise<void> {
    const run = this.#queue.start(at)
    const lapses = watch.lapses.length
    const end = await this.#action.run()
    this.#queue.finish(run, end)
    this.#runs.set(end.outcome, (this.#runs.get(end.outcome) ?? 0) + 1)
    watch.look()
    const lapse = watch.lapses[lapses]
    if (lapse !== undefined && lapse.from - this.#lastWell < this.#setting.survivesMs - SECOND)
      this.#contradictions += 1
    if (end.outcome === 'rotated' || end.outcome === 'not-due') this.#noteWell({ from: at, until: end.at })
    const isStuck = end.outcome !== 'killed' && isFailure(end.outcome) && watch.worksUntil <= end.at
    if (isStuck && this.#setting.renewsItself && this.#byHandAt === Infinity)
      this.#byHandAt = this.#whenUp(end.at) + BY_HAND_MS
  }

  #noteWell({ from, until }: Span): void {
    this.#longestGapMs = Math.max(this.#longestGapMs, until - this.#lastWell)
    this.#lastWell = from
  }

  #replace(at: number): void {
    this.#byHand += 1
    replaceByHand(this.#world, this.#setting)
    this.#queue.add(at)
  }

  /** The end of the outages that a time is in. */
  #whenUp(at: number): number {
    const { github, cloudflare } = this.#outages
    const outage = findOutage(github, at) ?? findOutage(cloudflare, at)
    return outage === undefined ? at : this.#whenUp(outage.until)
  }

  #byCron(draws: Draws): Starter {
    const { github: outages } = this.#outages
    const starts = drawCronStarts(draws, { everyMs: this.#setting.startsMs, span: this.#span, outages })
    return {
      next: () => starts.next().value ?? Infinity,
      act: (at) => void this.#queue.add(at)
    }
  }

  /** The coordinator is on Cloudflare: during an outage it does not tick either. */
  #byCoordinator(coordinator: SimulatedCoordinator): Starter {
    let next = this.#span.from
    return {
      next: () => (next += MINUTE),
      act: (at) => {
        if (findOutage(this.#outages.cloudflare, at) === undefined) coordinator.tick(at)
      }
    }
  }

  #result(watch: LapseWatch): YearResult {
    return {
      setting: this.#setting.name,
      lapsed: divideLapses(watch.lapses, this.#outages),
      runs: Object.fromEntries(this.#runs),
      alerts: { issue: this.#action.alerts, ...Object.fromEntries(this.#coordinator?.alerts ?? []) },
      byHand: this.#byHand,
      longestGapMs: this.#longestGapMs,
      contradictions: this.#contradictions
    }
  }
}
