import { expect } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { addPagesProject, PROJECT, SINGLE_WITH_PAGES } from '../../simulation/elsewhere.ts'
import { HOUR } from '../../simulation/times.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { rotationOf } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'

/** One account token that is due every ten days, in a single slot and in a Pages project. */
export const EVERY_TEN_DAYS = configure(SINGLE_WITH_PAGES, {
  rotation: { every: '10d' },
  credentials: { 'secret-edit': { ttl: '60d' } }
})

/** A scenario with a Pages project, whose production deployment reads what PRIMARY holds. */
export function createPagesScenario(): Scenario {
  const world = createScenario()
  addPagesProject(world)
  world.account.run.status = 'completed'
  return world
}

/** The project, and what is in its variables and at GitHub. */
export function pagesOf({ sandbox }: Scenario) {
  const { pages, tokens } = sandbox.cloudflare
  return {
    pages,
    tokens,
    project: pages.get(PROJECT),
    values: () => pages.values(PROJECT),
    deployed: () => pages.deployedValues(PROJECT) ?? {},
    github: () => sandbox.github.environmentSecrets('octo-org/ops', 'rotation')
  }
}

/** Reasons for which a run kept credentials. */
export function keptOf(run: WorldRun): readonly string[] {
  return rotationOf(run).credentials.flatMap(({ kept }) => kept.map(({ reason }) => reason))
}

/** Runs a rotation that must succeed, and goes on by an hour. */
export async function rotate(world: Scenario, configuration: string): Promise<WorldRun> {
  const run = await world.run({ configuration })
  expect(rotationOf(run)).toMatchObject({ outcome: 'rotated', error: null })
  world.clock.advance(HOUR)
  return run
}
