import { DAY, HOUR } from '../../simulation/times.ts'
import {
  addStoreToken,
  leaveByHand,
  UNKNOWN,
  UNKNOWN_FROM_NOTHING,
  withAdopted
} from '../../simulation/unknown.ts'
import { createWorld, type RunOptions, type World, type WorldRun } from '../../simulation/world.ts'
import { createScenario, type Scenario } from './scenario.ts'

/** Runs once with the secrets of the job, but for the one that is rotated: no run is given it. */
export type RunWithout = (options?: RunOptions) => Promise<WorldRun>

/** World in which a token is rotated whose value no run is given. */
export interface UnknownScenario {
  readonly world: Scenario
  readonly rotate: RunWithout
}

const SECRET = 'PRIMARY_SECRET_EDIT_TOKEN'

/** Creates a world with one token in a Secrets Store and in GitHub, which the first rotation adopts. */
export function createUnknownScenario(
  configuration: string = UNKNOWN,
  prepare: (world: World) => void = addStoreToken
): UnknownScenario {
  const options = { ttlMs: 400 * DAY, startsWorkflows: true }
  const adopting = withAdopted(configuration, createWorld(options))
  const world = createScenario({ ...options, configuration: adopting, prepare })
  world.account.run.status = 'completed'
  return { world, rotate: (more) => world.run({ env: environmentWithout(world), ...more }) }
}

/** The same without a token to adopt. */
export function createFromNothing(): UnknownScenario {
  return createUnknownScenario(UNKNOWN_FROM_NOTHING, leaveByHand)
}

/** The same after a rotation, an hour later: the next run is due. */
export async function createRotatedUnknown(): Promise<UnknownScenario> {
  const scenario = createUnknownScenario()
  await scenario.rotate()
  scenario.world.clock.advance(HOUR)
  scenario.world.sandbox.transcript.clear()
  return scenario
}

function environmentWithout(world: World): Record<string, string> {
  return Object.fromEntries(Object.entries(world.environment()).filter(([name]) => name !== SECRET))
}
