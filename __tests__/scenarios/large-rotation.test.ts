import { expect, it } from '@jest/globals'
import { secretAccessKeyOf } from '../../sandbox/r2/key.ts'
import { commandStoreOf } from '../../simulation/command-stores.ts'
import { addLargeRotation, LARGE } from '../../simulation/large-rotation.ts'
import { DAY } from '../../simulation/times.ts'
import { expectAsBefore, expectClean, expectRolledBack } from './expectations.ts'
import { createScenario, type Scenario } from './scenario.ts'
import { snapshot } from './state.ts'

function createLargeScenario(): Scenario {
  return createScenario({
    configuration: LARGE,
    ttlMs: 400 * DAY,
    prepare: (world) => {
      world.account.run.status = 'completed'
      addLargeRotation(world)
    }
  })
}

it('rotates an R2 key in two environments, in two Workers and by a command, each under its own names', async () => {
  const world = createLargeScenario()
  const { cloudflare, github } = world.sandbox
  const old = cloudflare.tokens.get(world.environment()['R2_ACCESS_KEY_ID'] ?? '')
  expect((await world.run()).record.outcome).toBe('rotated')
  expectClean(world)

  const key = cloudflare.tokens.get(world.environment()['R2_ACCESS_KEY_ID'] ?? '')
  const [id, secret] = [key.id, secretAccessKeyOf(key)]
  expect(key.id).not.toBe(old.id)
  expect(old.deletedAt).toBeDefined()
  expect(world.environment()).toMatchObject({ R2_ACCESS_KEY_ID: id, R2_SECRET_ACCESS_KEY: secret })
  expect(github.environmentSecrets('octo-org/ops', 'production')).toEqual({
    S3_ACCESS_KEY_ID: id,
    S3_SECRET_ACCESS_KEY: secret
  })
  expect(cloudflare.workers.values('site')).toEqual({
    FILES_KEY_ID: id,
    FILES_KEY_SECRET: secret,
    OTHER: 'other'
  })
  expect(cloudflare.workers.values('upload')).toEqual({
    S3_ACCESS_KEY_ID: id,
    S3_SECRET_ACCESS_KEY: secret,
    OTHER: 'other'
  })
  expect(commandStoreOf(world.sandbox, 'vault').values).toEqual({
    R2_ACCESS_KEY_ID: id,
    R2_SECRET_ACCESS_KEY: secret
  })
})

it('restores an R2 key at every place when the second of two Workers refuses it', async () => {
  const world = createLargeScenario()
  const before = snapshot(world)
  world.sandbox.faults.add({
    match: { path: /upload\/secrets-bulk$/ },
    when: 'before',
    answer: { refusal: { status: 403, code: 10000 } }
  })
  const run = await world.run()
  expectRolledBack(world, run)
  expectAsBefore(world, before)
})
