import { expect } from '@jest/globals'
import {
  ACCESS,
  type RunOptions,
  type World,
  type WorldOptions,
  type WorldRun
} from '../../simulation/world.ts'
import { DAY } from './access-calls.ts'
import { expectNoAccessLeaks } from './access-expectations.ts'
import { watchAccess } from './access-invariants.ts'
import { configurationWith, createStory } from './story.ts'

/** The pair in two slots: SECONDARY keeps the previous one. */
export const TWO_SLOTS = configurationWith(
  ACCESS,
  [
    'client-id: R2_EXPLORER_ACCESS_CLIENT_ID',
    'client-id: { primary: PRIMARY_R2_EXPLORER_ACCESS_CLIENT_ID, secondary: SECONDARY_R2_EXPLORER_ACCESS_CLIENT_ID }'
  ],
  [
    'client-secret: R2_EXPLORER_ACCESS_CLIENT_SECRET',
    'client-secret: { primary: PRIMARY_R2_EXPLORER_ACCESS_CLIENT_SECRET, secondary: SECONDARY_R2_EXPLORER_ACCESS_CLIENT_SECRET }'
  ],
  ['          - run: r2 share worker create files documents/test.txt 1h --max-downloads 1\n', ''],
  ['          - run: r2 share worker list files documents/test.txt\n', '']
)

/** The same client id, with a new secret in place. */
export const IN_PLACE = configurationWith(ACCESS, [
  'type: access-service-token\n',
  'type: access-service-token\n        strategy: rotate\n'
])

/** `ACCESS`, or another configuration, with lines of `revoke` added. */
export function revoking(lines: Readonly<Record<string, string | boolean>>, base = ACCESS): string {
  const entries = Object.entries(lines).map(([key, value]) => `      ${key}: ${value}\n`)
  return `${base}    revoke:\n${entries.join('')}`
}

/** A story of the Access automation; its runs use {@link ACCESS} unless told otherwise. */
export interface AccessStory extends World {
  /**
   * One run; what the design promises is checked after every call and at its end.
   * @param excused calls after which a breach is the platform's doing: of a lost secret and the one before it, only one can work on
   */
  run(options?: RunOptions & { readonly excused?: RegExp }): Promise<WorldRun>
}

/** A world with the automation, in which I1 and I2 of its pair are watched after every call, besides what {@link createStory} watches. */
export function createAccessStory({
  configuration = ACCESS,
  ...options
}: WorldOptions & { readonly configuration?: string } = {}): AccessStory {
  const world = createStory({ ...options, access: true })
  world.account.run.status = 'completed'
  const watch = watchAccess(world)
  return {
    ...world,
    async run({ excused, ...runOptions } = {}) {
      watch.begin()
      const run = await world.run({ configuration, ...runOptions })
      expect(watch.broken.filter((breach) => excused?.test(breach) !== true)).toEqual([])
      watch.broken.length = 0
      expectNoAccessLeaks(world, run)
      return run
    }
  }
}

/** A story whose first rotation went well, an interval ago: the next run is due. */
export async function createDueStory(
  options: Parameters<typeof createAccessStory>[0] = {}
): Promise<AccessStory> {
  const world = createAccessStory(options)
  expect((await world.run()).record.outcome).toBe('rotated')
  world.clock.advance(31 * DAY)
  world.sandbox.transcript.clear()
  return world
}

/** A story whose SECONDARY and PRIMARY are named so: the pair made by hand is in PRIMARY. */
export function createTwoSlotStory(options: Parameters<typeof createAccessStory>[0] = {}): AccessStory {
  const world = createAccessStory({ configuration: TWO_SLOTS, ...options })
  const { account, automation } = world
  const vault = account.repository.environment(automation!.environment)
  for (const name of ['R2_EXPLORER_ACCESS_CLIENT_ID', 'R2_EXPLORER_ACCESS_CLIENT_SECRET']) {
    vault.put(`PRIMARY_${name}`, vault.find(name)!.value)
    vault.delete(name)
  }
  return world
}
