import type { CredentialConfiguration } from '../../src/kernel/kinds.ts'
import { classifySlot, holdingsOf, type HeldSlot } from '../slots.ts'
import { readConfiguration, type World } from '../world.ts'

/** Time in which a credential of a rotation had no slot that works at one of its destinations; epoch milliseconds. */
export interface Lapse {
  readonly from: number
  readonly until: number
}

/**
 * Measures to the millisecond when a consumer had no working slot: in PRIMARY or SECONDARY, a credential that is active and has not expired. Slots are
 * read after every call that changed something; in between, only a credential's end changes what works.
 */
export class LapseWatch {
  readonly lapses: Lapse[] = []
  readonly #world: World
  readonly #holdings: ReturnType<typeof holdingsOf>
  #worksUntil = Infinity
  /** Latest time up to which lapses are noted. */
  #seenUntil: number

  constructor(world: World, configuration: string) {
    this.#world = world
    this.#holdings = holdingsOf(world, readConfiguration(configuration))
    this.#seenUntil = world.clock.now()
    this.look()
    world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'after' && call.applied && call.method !== 'GET') this.look()
    })
  }

  /** Time at which the first credential ends whose other slot has ended; in the past if it has lapsed. */
  get worksUntil(): number {
    return this.#worksUntil
  }

  /** Notes what lapsed until now, and reads all slots. */
  look(): void {
    const now = this.#world.clock.now()
    const from = Math.max(this.#worksUntil, this.#seenUntil)
    if (from < now) this.#add({ from, until: now })
    this.#seenUntil = now
    this.#worksUntil = Math.min(
      ...this.#holdings.map((one) => Math.max(...one.slots().map((slot) => this.#endOf(one.type, slot))))
    )
  }

  #add(lapse: Lapse): void {
    const last = this.lapses.at(-1)
    if (last?.until === lapse.from) this.lapses[this.lapses.length - 1] = { ...lapse, from: last.from }
    else this.lapses.push(lapse)
  }

  /** Time at which what is in a slot ends; in the past where it does not work. */
  #endOf(type: CredentialConfiguration['type'], slot: HeldSlot): number {
    const { works, ids } = classifySlot(this.#world, type, slot)
    if (!works) return -Infinity
    const { tokens, access } = this.#world.sandbox.cloudflare
    const ends = ids.map((id) => {
      const token = tokens.find(id)
      if (token !== undefined) return token.expiresOn ?? Infinity
      const pair = access.serviceTokens.existing.find((one) => one.id === id)
      if (pair === undefined) throw new Error(`${id} is neither a token nor a service token`)
      const { current, previousExpiresAt } = pair.secrets
      const isCurrent = slot.values['client-secret'] === current
      return Math.min(pair.expiresAt ?? Infinity, isCurrent ? Infinity : (previousExpiresAt ?? -Infinity))
    })
    return Math.min(...ends)
  }
}
