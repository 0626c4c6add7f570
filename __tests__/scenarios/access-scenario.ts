import { expect } from '@jest/globals'
import { TWO_SLOTS } from '../../simulation/configurations.ts'
import { putIntoPrimary } from '../../simulation/kinds.ts'
import { DAY } from '../../simulation/times.ts'
import { ACCESS, type WorldOptions } from '../../simulation/world.ts'
import { expectNoAccessLeaks } from './access-expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'

/** How a story of the Access automation is made. */
export interface AccessScenarioOptions extends WorldOptions {
  /** What its runs use unless told otherwise. */
  readonly configuration?: string
}

/** A story of the Access automation; its runs use {@link ACCESS}, or another configuration that is given here. */
export function createAccessScenario({
  configuration = ACCESS,
  ...options
}: AccessScenarioOptions = {}): Scenario {
  const world = createScenario({ ...options, access: true })
  world.account.run.status = 'completed'
  return {
    ...world,
    async run(runOptions) {
      const run = await world.run({ configuration, ...runOptions })
      expectNoAccessLeaks(world, run)
      return run
    }
  }
}

/** A story whose first rotation went well, an interval ago: the next run is due. */
export async function createDueScenario(options?: AccessScenarioOptions): Promise<Scenario> {
  const world = createAccessScenario(options)
  expect((await world.run()).record.outcome).toBe('rotated')
  world.clock.advance(31 * DAY)
  world.sandbox.transcript.clear()
  return world
}

/** A story whose SECONDARY and PRIMARY are named so: the pair made by hand is in PRIMARY. */
export function createTwoSlotScenario(options?: AccessScenarioOptions): Scenario {
  const world = createAccessScenario({ configuration: TWO_SLOTS, ...options })
  putIntoPrimary(world)
  return world
}
