import { describeViolation, watchSlots, type Violation } from '../../simulation/invariants.ts'
import { findLeaks } from '../../simulation/leaks.ts'
import { findUnexplainedOrphans } from '../../simulation/postconditions.ts'
import { findHeldPrimaries, findUnreadRevocations } from '../../simulation/verdicts.ts'
import type { RunOptions, World, WorldRun } from '../../simulation/world.ts'

/** Options of a watched run. */
export interface WatchedRun extends RunOptions {
  readonly configuration: string
  /** Receives the ids of the objects that are ever in a slot. */
  readonly everHeld: Set<string>
}

/** Checks of one run. */
export interface RunWatch {
  /** Ends the checks. @returns the violations, each as a sentence */
  end(run: WorldRun): readonly string[]
}

/**
 * Checks the invariants of docs/reliability.md for every credential at every destination of a configuration, on the state of the sandbox: I1 and I2
 * after every call; after the run I3 for what it created, I5, and I7 for what PRIMARY held. I3 for everything else and I4 depend on what a scenario
 * does by hand: its expectations ask for them.
 */
export function watchInvariants(world: World, options: WatchedRun): RunWatch {
  const { configuration, everHeld } = options
  const slots = watchSlots(world, configuration)
  slots.begin()
  const held = findHeldPrimaries(world, configuration)
  // `contain`, and a run with an environment of its own, may revoke what it did not read.
  const mayRevokeUnread = options.command === 'contain' || options.env !== undefined
  return {
    end(run) {
      slots.stop()
      for (const id of slots.everHeld) everHeld.add(id)
      return [
        // Between the two writes of a single slot its halves do not belong together: the platform's exception.
        ...slots.violations.filter(({ mixed }) => mixed !== true),
        ...(run.record.outcome === 'rotated' ? findOwnOrphans(world, run, configuration) : []),
        ...findLeaks(world, { log: run.log, run }),
        ...(mayRevokeUnread ? [] : findUnreadRevocations(world, run, held))
      ].map(describeViolation)
    }
  }
}

function findOwnOrphans(world: World, run: WorldRun, configuration: string): readonly Violation[] {
  const orphans = findUnexplainedOrphans(world, run, { configuration, everHeld: new Set() })
  return orphans.filter(({ what }) => what.includes(`-${run.runId}.`))
}
