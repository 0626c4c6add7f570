import { describe, expect, it } from '@jest/globals'
import { secretAccessKeyOf } from '../../sandbox/r2/key.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import { credentialOf } from './expectations.ts'
import { failureOf, rotationOf } from './expectations.ts'
import { createR2Scenario, expectOneKey, r2With, type R2Scenario } from './r2-scenario.ts'

/** Puts one half of a key into both environments. */
function putHalf({ account }: R2Scenario, half: 'ACCESS_KEY_ID' | 'SECRET_ACCESS_KEY', value: string): void {
  account.repository.environment(account.environment).put(`R2_${half}`, value)
  account.repository.environment('production').put(`S3_${half}`, value)
}

describe('an R2 key that does not work', () => {
  const deaths: readonly (readonly [string, (world: R2Scenario) => void, RegExp])[] = [
    ['deleted', ({ sandbox, files }) => sandbox.cloudflare.tokens.delete(files.token.id), /no API token/],
    ['disabled', ({ files }) => void (files.token.disabled = true), /its status is disabled/]
  ]
  const stated = {
    permissions: [
      {
        groups: ['Workers R2 Storage Bucket Item Write'],
        resources: { 'com.cloudflare.edge.r2.bucket.023e105f4ecef8ad9ca31a8372d0c353_eu_files': '*' }
      }
    ]
  }

  it.each(deaths)(
    'since its token was %s is replaced, and the list is the proof',
    async (_how, kill, reason) => {
      const world = createR2Scenario(r2With({ credential: stated }))
      kill(world)
      const run = await world.run()
      expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
        outcome: 'rotated',
        error: null
      })
      expect(rotationOf(run).reason.join()).toMatch(reason)
      expectOneKey(world)
    }
  )

  it('is left alone when auth.tokens cannot see its token and its probe passes', async () => {
    const world = createR2Scenario(r2With({ credential: stated }))
    world.sandbox.cloudflare.tokens.unseen.add(world.files.token.id)
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({
      code: 'permission',
      message: expect.stringMatching(/no API token has this access key id, and probe .* accepts/) as unknown
    })
    expect(expectOneKey(world).id).toBe(world.files.token.id)
  })

  it('since its halves belong to different tokens is replaced, and what it may have held is kept for once', async () => {
    const world = createR2Scenario()
    await world.run()
    const current = expectOneKey(world)
    world.clock.advance(DAY)
    const other = world.sandbox.cloudflare.tokens.seed({
      name: 'another',
      groups: ['Workers R2 Storage Read']
    })
    putHalf(world, 'SECRET_ACCESS_KEY', secretAccessKeyOf(other))
    const run = await world.run()

    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    expect(rotationOf(run).reason.join()).toContain('403 SignatureDoesNotMatch')
    expect(credentialOf(run).kept).toEqual([
      { id: current.id, reason: expect.stringContaining('PRIMARY may hold it') as unknown }
    ])
    const key = expectOneKey(world)
    expect(other.deletedAt).toBeUndefined()
    world.clock.advance(HOUR)
    expect((await world.run()).record.outcome).toBe('not-due')
    expect(expectOneKey(world).id).toBe(key.id)
    expect(current.deletedAt).toBeDefined()
  })

  it.each(['drop', 'garbage', { status: 503 }, { page: 'block' }] as const)(
    'is not concluded from %j',
    async (answer) => {
      const world = createR2Scenario()
      await world.run()
      world.clock.advance(DAY)
      world.sandbox.faults.add({ match: { api: 'r2', count: 100 }, when: 'before', answer })
      expect((await world.run()).record.outcome).toBe('not-due')
      world.sandbox.faults.clear()
      expectOneKey(world)
    }
  )
})

it('an access key id that no token has is not believed while PRIMARY may hold an active token', async () => {
  const world = createR2Scenario()
  await world.run()
  const current = expectOneKey(world)
  world.clock.advance(31 * DAY)
  putHalf(world, 'ACCESS_KEY_ID', current.id.slice(0, 31))
  const run = await world.run()
  expect(run.record.outcome).toBe('failed')
  expect(failureOf(run)).toMatchObject({
    code: 'not-verified',
    message: expect.stringContaining(`lists ${current.id}, which PRIMARY may hold, as active`) as unknown
  })
  expect(current.deletedAt).toBeUndefined()
})

describe('an R2 key beside the value of its token', () => {
  const both = r2With({
    credential: {
      secrets: {
        value: 'FILES_TOKEN',
        'access-key-id': 'R2_ACCESS_KEY_ID',
        'secret-access-key': 'R2_SECRET_ACCESS_KEY'
      }
    }
  })

  function createBoth(): R2Scenario {
    const world = createR2Scenario(both)
    for (const environment of [world.account.environment, 'production'])
      world.account.repository.environment(environment).put('FILES_TOKEN', world.files.token.value)
    return world
  }

  it('is rotated with it', async () => {
    const world = createBoth()
    const run = await world.run()
    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    const key = expectOneKey(world)
    expect(world.environment()['FILES_TOKEN']).toBe(key.value)
    expect(world.files.token.deletedAt).toBeDefined()
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
  })

  it.each([
    ['access key id', 'ACCESS_KEY_ID', ({ id }: { id: string }) => id],
    ['secret access key', 'SECRET_ACCESS_KEY', secretAccessKeyOf]
  ] as const)('of another %s is replaced, and both tokens stay until then', async (_what, half, valueOf) => {
    const world = createBoth()
    await world.run()
    const current = expectOneKey(world)
    world.clock.advance(DAY)
    const other = world.sandbox.cloudflare.tokens.seed({
      name: 'another',
      groups: ['Workers R2 Storage Read']
    })
    putHalf(world, half, valueOf(other))
    const run = await world.run()
    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    expect(rotationOf(run).reason.join()).toMatch(
      /its (access key id is not the id|secret access key is not the SHA-256)/
    )
    expect(expectOneKey(world).value).toBe(world.environment()['FILES_TOKEN'])
    expect(current.deletedAt).toBeUndefined()
    expect(other.deletedAt).toBeUndefined()
  })

  it('of an active token, while its value is of a deleted one, is replaced, and the active token is kept', async () => {
    const world = createBoth()
    await world.run()
    const current = expectOneKey(world)
    world.clock.advance(DAY)
    for (const environment of [world.account.environment, 'production'])
      world.account.repository.environment(environment).put('FILES_TOKEN', world.files.token.value)
    expect(world.files.token.deletedAt).toBeDefined()
    const run = await world.run()
    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    expect(rotationOf(run).reason.join()).toContain('its access key id is that of an active token')
    expect(expectOneKey(world).id).not.toBe(current.id)
    expect(current.deletedAt).toBeUndefined()
  })
})
