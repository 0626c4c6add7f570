import { expect, jest } from '@jest/globals'
import { describeViolation, watchSlots } from '../../simulation/invariants.ts'
import { HOUR } from '../../simulation/times.ts'
import {
  BOOTSTRAP,
  createWorld,
  type RunOptions,
  type World,
  type WorldOptions,
  type WorldRun
} from '../../simulation/world.ts'
import { expectNoLeaks, expectRecordValid } from './expectations.ts'

// A story is several whole runs: on a busy machine they may take longer than jest's five seconds.
jest.setTimeout(60_000)

/** How a run of a story differs from a plain one. */
export interface ScenarioRunOptions extends RunOptions {
  /** Breaches, with the call after which they were seen, that are the platform's doing. */
  readonly excused?: RegExp
}

/** A world whose runs are watched. */
export interface Scenario extends World {
  run(options?: ScenarioRunOptions): Promise<WorldRun>
}

/**
 * A world in which the design's invariants are watched: I1 and I2 after every single call, I5 and the record's schema after every run. A run in
 * which one of them breaks fails its test, whatever the story is about.
 */
export function createScenario(options: WorldOptions = {}): Scenario {
  const world = createWorld(options)
  return {
    ...world,
    async run({ excused, ...runOptions }: ScenarioRunOptions = {}): Promise<WorldRun> {
      const watch = watchSlots(world, runOptions.configuration ?? BOOTSTRAP)
      watch.begin()
      const run = await world.run(runOptions)
      watch.stop()
      // Between the two writes of a single slot its halves do not belong together: the platform's exception.
      const broken = watch.violations.filter(({ mixed }) => mixed !== true).map(describeViolation)
      expect(broken.filter((breach) => excused?.test(breach) !== true)).toEqual([])
      expectNoLeaks(world, run)
      expectRecordValid(run.record)
      return run
    }
  }
}

/** A story whose first rotations went well, the last of them an hour ago. */
export async function createRotatedScenario({
  rotations = 2,
  ...options
}: WorldOptions & { rotations?: number } = {}): Promise<Scenario> {
  const world = createScenario(options)
  for (let done = 0; done < rotations; done++) {
    expect((await world.run()).record.outcome).toBe('rotated')
    world.clock.advance(HOUR)
  }
  world.sandbox.transcript.clear()
  return world
}
