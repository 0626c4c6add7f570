import type { Call } from '../sandbox/transcript.ts'
import { readConfiguration, type World } from './world.ts'
import { holdingsOf, classifySlot, type Holding, type SlotTruth } from './slots.ts'

/** The design's invariants, as the documentation numbers them, and what else must hold at the end of every run. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'recovery' | 'record'

/** Something that must never be. */
export interface Violation {
  readonly invariant: Invariant
  readonly what: string
  /** The call after which it was seen; absent for what is looked at between runs. */
  readonly call?: Call
  /** At which moment of its trial, as `faulted` or `next`. */
  readonly during?: string
  /** What a pair of I1 is: its halves belong to different tokens. */
  readonly mixed?: boolean
  /** What a pair of I1 is: its secret was replaced more than once. */
  readonly superseded?: boolean
}

/** Looks at I1 and I2 after every single call. */
export interface SlotWatch {
  /** Takes what is so now as given: only what becomes worse from here on is the run's doing. */
  begin(): void
  /** Every object that was ever in a slot. */
  readonly everHeld: ReadonlySet<string>
  /** What became worse; emptied by whoever reads it. */
  readonly broken: Violation[]
  stop(): void
}

/** Checks I1 and I2 of every credential of a configuration after every single call, on the state of the sandbox. */
export function watchSlots(world: World, configuration: string): SlotWatch {
  const holdings = holdingsOf(world, readConfiguration(configuration))
  const broken: Violation[] = []
  const everHeld = new Set<string>()
  let given = new Set<string>()
  const look = (call?: Call): void => {
    const found = new Map(
      holdings.flatMap((one) => breachesOf(world, one, everHeld)).map((one) => [one.what, one])
    )
    // What a call has put right may not go wrong again.
    for (const what of given) if (!found.has(what)) given.delete(what)
    for (const [what, breach] of found) {
      if (given.has(what)) continue
      given.add(what)
      broken.push(call === undefined ? breach : { ...breach, call })
    }
  }
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'after' && (call.applied || broken.length === 0)) look(call)
  })
  return {
    broken,
    everHeld,
    stop,
    begin: () => {
      given = new Set()
      const before = broken.length
      look()
      broken.length = before
    }
  }
}

/** What is wrong now with a credential at a destination (I1, I2). */
export function breachesOf(world: World, holding: Holding, everHeld?: Set<string>): readonly Violation[] {
  const truths = holding.slots().map((held) => ({ held, truth: classifySlot(world, holding.type, held) }))
  for (const { truth } of truths) for (const id of truth.ids) everHeld?.add(id)
  const unsafe: Violation[] = truths.some(({ truth }) => truth.works)
    ? []
    : [
        {
          invariant: 'I1',
          what: `I1: nothing works for ${holding.label}`,
          mixed: truths.some(({ truth }) => truth.mixed),
          superseded: isSuperseded(truths.map(({ truth }) => truth))
        }
      ]
  const revoked = truths
    .filter(({ truth }) => truth.revoked)
    .map(({ held }): Violation => ({
      invariant: 'I2',
      what: `I2: revoked but held in ${held.slot} of ${holding.label}`
    }))
  return [...unsafe, ...revoked]
}

/** Whether no slot that holds anything has a secret of its token that could still work. */
function isSuperseded(truths: readonly SlotTruth[]): boolean {
  const held = truths.filter(({ ids }) => ids.length > 0)
  return held.length > 0 && held.every(({ superseded }) => superseded)
}

/** A violation as a sentence. */
export function describeViolation({ what, during, call }: Violation): string {
  const when = during === undefined ? '' : ` (${during})`
  return call === undefined
    ? `${what}${when}`
    : `${what}${when}, after call ${call.seq}: ${call.method} ${call.path}`
}
