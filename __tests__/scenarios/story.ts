import { expect, jest } from '@jest/globals'
import {
  createWorld,
  type RunOptions,
  type World,
  type WorldOptions,
  type WorldRun
} from '../../simulation/world.ts'
import { HOUR } from './calls.ts'
import { expectNoLeaks, expectRecordValid } from './expectations.ts'
import { watchInvariants } from './invariants.ts'

// A story is several whole runs: on a busy machine they may take longer than jest's five seconds.
jest.setTimeout(60_000)

/**
 * A world in which the design's invariants are watched: I1 and I2 after every single call, I5 and the record's schema after every run. A run in
 * which one of them breaks fails its test, whatever the story is about.
 */
export function createStory(options: WorldOptions = {}): World {
  const world = createWorld(options)
  const watch = watchInvariants(world)
  return {
    ...world,
    async run(runOptions?: RunOptions): Promise<WorldRun> {
      watch.begin()
      const run = await world.run(runOptions)
      expect(watch.broken).toEqual([])
      expectNoLeaks(world, run)
      expectRecordValid(run.record)
      return run
    }
  }
}

/** A story whose first rotations went well, the last of them an hour ago. */
export async function createRotatedStory({
  rotations = 2,
  ...options
}: WorldOptions & { rotations?: number } = {}): Promise<World> {
  const world = createStory(options)
  for (let done = 0; done < rotations; done++) {
    expect((await world.run()).record.outcome).toBe('rotated')
    world.clock.advance(HOUR)
  }
  world.sandbox.transcript.clear()
  return world
}

/** The configuration with one text in it replaced, which must be there. */
export function configurationWith(base: string, ...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the configuration has no ${from}`)
    return text.replaceAll(from, to)
  }, base)
}
