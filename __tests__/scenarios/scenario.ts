import { expect, jest } from '@jest/globals'
import { TWO_SLOTS } from '../../simulation/configurations.ts'
import { putIntoPrimary } from '../../simulation/kinds.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import {
  ACCESS,
  BOOTSTRAP,
  createWorld,
  type RunOptions,
  type World,
  type WorldOptions,
  type WorldRun
} from '../../simulation/world.ts'
import { expectRecordValid } from './expectations.ts'
import { watchInvariants } from './invariants.ts'
import { otherNames } from './state.ts'

// A scenario is several whole runs: on a busy machine they may take longer than jest's five seconds.
jest.setTimeout(60_000)

/** What a scenario rotates, and where. */
export interface ScenarioOptions extends WorldOptions {
  /** YAML that the runs use unless told otherwise. */
  readonly configuration?: string
  /** Number of rotations that precede a rotated scenario. */
  readonly rotations?: number
  /** Milliseconds from one of these rotations to the next run. */
  readonly intervalMs?: number
  /** Prepares the world before its first run. */
  readonly prepare?: (world: World) => void
}

/** Two account tokens, in two slots of a Secrets Store and of GitHub. */
export const bootstrapPair = {
  configuration: BOOTSTRAP,
  rotations: 2,
  intervalMs: HOUR
} as const satisfies ScenarioOptions

/** An Access service token, in a single slot of GitHub. */
export const accessService = {
  configuration: ACCESS,
  access: true,
  rotations: 1,
  intervalMs: 31 * DAY,
  prepare: endFirstRun
} as const satisfies ScenarioOptions

/** An Access service token in two slots of GitHub; the one that was created by hand is in PRIMARY. */
export const accessTwoSlots = {
  ...accessService,
  configuration: TWO_SLOTS,
  prepare: (world: World) => {
    endFirstRun(world)
    putIntoPrimary(world)
  }
} as const satisfies ScenarioOptions

/** Ends the workflow run that the account begins with, so that no revocation waits for it. */
function endFirstRun({ account }: World): void {
  account.run.status = 'completed'
}

/** Options in which a run of a scenario differs from a plain one. */
export interface ScenarioRunOptions extends RunOptions {
  /** Violations, with the call after which they were seen, that the platform causes. */
  readonly excused?: RegExp
}

/** A world whose runs are watched. */
export interface Scenario extends World {
  /** YAML that its runs use unless told otherwise. */
  readonly configuration: string
  /** Ids of the objects that were ever in a slot. */
  readonly everHeld: ReadonlySet<string>
  /** Names of secrets at each destination, by its label, that no slot used at the beginning. */
  readonly otherNames: ReadonlyMap<string, readonly string[]>
  run(options?: ScenarioRunOptions): Promise<WorldRun>
}

/**
 * Creates a world in which the invariants and the record's schema are checked in every run. A violation fails the test, whatever the scenario is
 * about.
 */
export function createScenario(options: ScenarioOptions = bootstrapPair): Scenario {
  const { configuration = BOOTSTRAP, prepare, ...worldOptions } = options
  const world = createWorld(worldOptions)
  prepare?.(world)
  const everHeld = new Set<string>()
  return {
    ...world,
    configuration,
    everHeld,
    otherNames: otherNames({ ...world, configuration }),
    async run({ excused, ...runOptions }: ScenarioRunOptions = {}): Promise<WorldRun> {
      const merged = { configuration, ...runOptions }
      const watch = watchInvariants(world, { ...merged, everHeld })
      const run = await world.run(merged)
      const violations = watch.end(run)
      expect(violations.filter((violation) => excused?.test(violation) !== true)).toEqual([])
      expectRecordValid(run.record)
      return run
    }
  }
}

/** Creates a scenario whose first rotations succeeded, the last of them an interval ago: the next run is due. */
export async function createRotatedScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const { rotations, intervalMs, ...scenarioOptions } = { ...bootstrapPair, ...options }
  const world = createScenario(scenarioOptions)
  for (let done = 0; done < rotations; done++) {
    expect((await world.run()).record.outcome).toBe('rotated')
    world.clock.advance(intervalMs)
  }
  world.sandbox.transcript.clear()
  return world
}
