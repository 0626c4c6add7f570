import { expect } from '@jest/globals'
import { R2_KEY } from '../../sandbox/configurations.ts'
import type { AccountToken } from '../../sandbox/cloudflare/account-tokens.ts'
import { findKeyOwner, secretAccessKeyOf } from '../../sandbox/r2/key.ts'
import { seedR2Files, type R2Files } from '../../sandbox/seed-r2.ts'
import { configure, type Changes } from '../../simulation/configurations.ts'
import { formsOf } from '../../simulation/leaks.ts'
import { DAY } from '../../simulation/times.ts'
import type { World, WorldRun } from '../../simulation/world.ts'
import { createScenario, type Scenario, type ScenarioRunOptions } from './scenario.ts'

/** A story of an R2 key at two environments, under other names in the second. */
export interface R2Scenario extends Scenario {
  readonly files: R2Files
}

/** The R2 key in two slots, without the probe that tells whether its halves belong together where `verify` says so. */
export const R2_TWO_SLOTS = configure(R2_KEY, {
  credential: {
    secrets: {
      'access-key-id': { primary: 'R2_ACCESS_KEY_ID', secondary: 'OLD_R2_ACCESS_KEY_ID' },
      'secret-access-key': { primary: 'R2_SECRET_ACCESS_KEY', secondary: 'OLD_R2_SECRET_ACCESS_KEY' }
    }
  }
})

/** Makes the story; its runs use the configuration unless told otherwise. */
export function createR2Scenario(
  configuration: string = R2_KEY,
  options: Parameters<typeof seedR2Files>[2] = {}
): R2Scenario {
  const world = createScenario({ ttlMs: 400 * DAY })
  world.account.run.status = 'completed'
  const files = seedR2Files(world.sandbox, world.account, options)
  return {
    ...world,
    files,
    async run(runOptions: ScenarioRunOptions = {}) {
      const run = await world.run({ configuration, ...runOptions })
      expectNoKeyLeaks(world, run)
      return run
    }
  }
}

/** The R2 key with other keys of its credential. */
export function r2With(changes: Changes): string {
  return configure(R2_KEY, changes)
}

/** The tokens that the halves of the keys belong to, in the environment of the rotation and in that of the consumers. */
export function keysOf({ sandbox, account }: World): readonly (AccountToken | undefined)[] {
  const held = (environment: string): Record<string, string> =>
    sandbox.github.environmentSecrets(account.repository.fullName, environment)
  const { R2_ACCESS_KEY_ID: id, R2_SECRET_ACCESS_KEY: secret } = held(account.environment)
  const { S3_ACCESS_KEY_ID: otherId, S3_SECRET_ACCESS_KEY: otherSecret } = held('production')
  return [id, secret, otherId, otherSecret].map((half) => findKeyOwner(sandbox.cloudflare, half ?? ''))
}

/** All halves at all places belong to one token that works. @returns this token */
export function expectOneKey(world: World): AccountToken {
  const keys = keysOf(world)
  const [key] = keys
  expect(new Set(keys).size).toBe(1)
  expect(world.sandbox.cloudflare.classifyToken(key!.value).works).toBe(true)
  return key!
}

/** I5 for secret access keys; access key ids are public. */
function expectNoKeyLeaks({ sandbox, account }: World, run: WorldRun): void {
  const text = [
    run.log.join('\n'),
    JSON.stringify(run.record),
    JSON.stringify(account.repository.issues)
  ].join('\n')
  const leaked = sandbox.cloudflare.tokens.all.filter((token) =>
    formsOf(secretAccessKeyOf(token)).some((form) => text.includes(form))
  )
  expect(leaked.map(({ name }) => name)).toEqual([])
}
