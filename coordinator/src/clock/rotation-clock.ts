import { createChannels, type Channel } from '../alerts/channels.ts'
import { readConfiguration, type Configuration } from '../config/configuration.ts'
import type { Schedule } from '../config/schedules.ts'
import type { Env } from '../env.ts'
import { Workflows } from '../github/workflows.ts'
import type { LockState } from '../rotation-lock.ts'
import type { ScheduleAction } from '../rules/decide.ts'
import { knownRuns } from '../rules/note.ts'
import { applyReport, type Report } from '../rules/report.ts'
import { applyEvent, tick, type Action, type Event } from '../rules/tick.ts'
import type { Plan } from '../rules/troubles.ts'
import { describeStatus } from '../status/status.ts'
import { Memory } from './memory.ts'

/** Order to the clock, which the Worker has checked. */
export type ClockOrder =
  | { readonly kind: 'tick' }
  | { readonly kind: 'report'; readonly schedule: string; readonly report: Report }
  | { readonly kind: 'status' }
  | { readonly kind: 'time' }

/** Effects of the clock, for tests; the runtime passes none. */
export interface ClockEffects {
  readonly now: () => number
  readonly fetch: typeof fetch
}

/** A start that is found to be none is posted again in the same tick: two rounds, and one to spare. */
const MOST_ROUNDS = 3

/**
 * Durable Object that starts runs, watches them, and raises alerts. There is one. Every state is on disk before a request leaves, and every answer is
 * applied without awaiting, so that reports and ticks may interleave.
 */
export class RotationClock {
  readonly #memory: Memory
  readonly #configuration: Configuration
  readonly #workflows: Workflows
  readonly #channels: ReadonlyMap<string, Channel>
  readonly #now: () => number
  #ticking: Promise<void> | undefined

  constructor(
    state: Pick<LockState, 'storage'>,
    env: Env,
    { now, fetch }: ClockEffects = {
      now: () => Date.now(),
      fetch: (input, init) => globalThis.fetch(input, init)
    }
  ) {
    this.#now = now
    this.#memory = new Memory(state.storage.sql)
    this.#configuration = readConfiguration(env)
    const { apiUrl, identity, alerts } = this.#configuration
    this.#workflows = new Workflows({ apiUrl, fetch, now }, identity)
    this.#channels = createChannels({
      settings: alerts,
      binding: env.ALERT_EMAIL,
      routingKey: env.ALERT_ROUTING_KEY,
      fetch
    })
  }

  /** Carries out a {@link ClockOrder}. */
  async fetch(request: Request): Promise<Response> {
    const order = (await request.json()) as ClockOrder
    switch (order.kind) {
      case 'tick':
        // A tick that takes longer than a minute is not overtaken by the next one.
        await (this.#ticking ??= this.#tick().finally(() => (this.#ticking = undefined)))
        return Response.json({ ticked: true })
      case 'report':
        return Response.json({ accepted: this.#report(order.schedule, order.report) })
      case 'time':
        return Response.json({ now: this.#now() })
      case 'status':
        return Response.json(describeStatus(this.#memory.load(), this.#plan(), this.#now()))
    }
  }

  async #tick(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { state, actions } = tick(this.#memory.load(), this.#plan(), this.#now())
      this.#memory.save(state)
      if (actions.length === 0) return
      await Promise.all(actions.map((action) => this.#act(action)))
    }
  }

  async #act(action: Action): Promise<void> {
    const event = await this.#perform(action)
    if (event !== undefined) this.#memory.save(applyEvent(this.#memory.load(), event, this.#now()))
  }

  async #perform(action: Action): Promise<Event | undefined> {
    if (action.kind === 'send') {
      const { channel, what, trouble } = action
      try {
        await this.#channels.get(channel)?.(action)
        log({ sent: what, channel, trouble: trouble.key })
        return { kind: 'send', action, sent: true }
      } catch (thrown) {
        log({ unsent: what, channel, trouble: trouble.key, reason: messageOf(thrown) })
        return { kind: 'send', action, sent: false }
      }
    }
    const schedule = this.#configuration.schedules.find(({ id }) => id === action.schedule)
    if (schedule === undefined) return undefined
    return await this.#request(action, schedule)
  }

  async #request(action: ScheduleAction, schedule: Schedule): Promise<Event> {
    const own = this.#memory.load().schedules[schedule.id]
    const known = own === undefined ? new Set<number>() : knownRuns(own)
    const event = await this.#workflows.perform(action, { schedule, known })
    if (action.kind !== 'look' || event.kind !== 'seen') {
      const { kind } = action
      log({ [kind]: schedule.id, ...(event.kind === 'failed' ? { failure: event.failure } : { event }) })
    }
    return { kind: 'schedule', schedule: schedule.id, event }
  }

  #report(id: string, report: Report): boolean {
    const schedule = this.#configuration.schedules.find((one) => one.id === id)
    if (schedule === undefined) return false
    const { state, isNew } = applyReport(this.#memory.load(), { schedule, report }, this.#now())
    this.#memory.save(state)
    return isNew
  }

  #plan(): Plan {
    const { schedules, refused } = this.#configuration
    return { schedules, refused, channels: [...this.#channels.keys()] }
  }
}

function log(entry: object): void {
  console.log(JSON.stringify(entry))
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'unknown'
}
