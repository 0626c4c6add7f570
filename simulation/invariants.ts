import type { Call } from '../sandbox/transcript.ts'
import { readConfiguration, type World } from './world.ts'
import type { SlotTruth } from './credentials.ts'
import { holdingsOf, classifySlot, type Holding } from './slots.ts'

/** Invariants as the documentation numbers them, and further checks at the end of every run. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'recovery' | 'record'

/** Violation of an invariant. */
export interface Violation {
  readonly invariant: Invariant
  readonly what: string
  /** Call after which it was found; absent for checks between runs. */
  readonly call?: Call
  /** Run in which it was found, as `faulted` or `next 1`. */
  readonly during?: string
  /** With I1: client id and client secret belong to different tokens. */
  readonly mixed?: boolean
  /** With I1: the client secret was replaced more than once. */
  readonly superseded?: boolean
}

/** Checks I1 and I2 after every call. */
export interface SlotWatch {
  /** Accepts the current violations: only later ones are attributed to the run. */
  begin(): void
  /** Ids of the objects that were ever in a slot. */
  readonly everHeld: ReadonlySet<string>
  /** New violations; emptied by the reader. */
  readonly violations: Violation[]
  stop(): void
}

/** Checks I1 and I2 of every credential of a configuration after every call, on the state of the sandbox. */
export function watchSlots(world: World, configuration: string): SlotWatch {
  const holdings = holdingsOf(world, readConfiguration(configuration))
  const violations: Violation[] = []
  const everHeld = new Set<string>()
  let given = new Set<string>()
  const look = (call?: Call): void => {
    const found = new Map(
      holdings.flatMap((one) => findSlotViolations(world, one, everHeld)).map((one) => [one.what, one])
    )
    // What a call has repaired may not fail again.
    for (const what of given) if (!found.has(what)) given.delete(what)
    for (const [what, violation] of found) {
      if (given.has(what)) continue
      given.add(what)
      violations.push(call === undefined ? violation : { ...violation, call })
    }
  }
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'after' && (call.applied || violations.length === 0)) look(call)
  })
  return {
    violations,
    everHeld,
    stop,
    begin: () => {
      given = new Set()
      const before = violations.length
      look()
      violations.length = before
    }
  }
}

/** Finds the current violations of I1 and I2 of a credential at a destination. */
function findSlotViolations(world: World, holding: Holding, everHeld?: Set<string>): readonly Violation[] {
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

/** Whether no slot holds a secret of its token that could still work. */
function isSuperseded(truths: readonly SlotTruth[]): boolean {
  const held = truths.filter(({ ids }) => ids.length > 0)
  return held.length > 0 && held.every(({ superseded }) => superseded)
}

/** Formats a violation as a sentence. */
export function describeViolation({ what, during, call }: Violation): string {
  const when = during === undefined ? '' : ` (${during})`
  return call === undefined
    ? `${what}${when}`
    : `${what}${when}, after call ${call.seq}: ${call.method} ${call.path}`
}
