import { describe, expect, it } from '@jest/globals'
import type { DeadKeyAnswer } from '../../sandbox/cloudflare/r2.ts'
import { secretAccessKeyOf } from '../../sandbox/r2/key.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY } from '../../simulation/times.ts'
import { alertText, credentialOf } from './expectations.ts'
import { expectUnlocked, failureOf, rotationOf } from './expectations.ts'
import { R2_TWO_SLOTS, createR2Scenario, expectOneKey, keysOf, r2With } from './r2-scenario.ts'

const DEAD_KEY_ANSWERS: readonly DeadKeyAnswer[] = [
  'Unauthorized',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AccessDenied'
]

describe('an R2 key in a single slot', () => {
  it.each(DEAD_KEY_ANSWERS)(
    'is replaced, and the old one is deleted where R2 answers a dead key with %s',
    async (answer) => {
      const world = createR2Scenario()
      world.sandbox.cloudflare.r2.deadKeyAnswer = answer
      world.sandbox.cloudflare.tokens.propagationMs = 3_000
      const { token: old } = world.files
      const run = await world.run()

      expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
        outcome: 'rotated',
        error: null
      })
      const key = expectOneKey(world)
      expect(key.id).not.toBe(old.id)
      expect(key.policies.map(({ resources }) => resources)).toEqual(
        old.policies.map(({ resources }) => resources)
      )
      expect(old.deletedAt).toBeDefined()
      expect(credentialOf(run)).toMatchObject({ revoked: [{ id: old.id, reason: 'replaced' }], kept: [] })
      expectUnlocked(world)
      expect(openAlerts(world)).toEqual([])
    }
  )

  it('writes neither the value of the token nor any other secret', async () => {
    const world = createR2Scenario()
    await world.run()
    const names = (environment: string) =>
      Object.keys(
        world.sandbox.github.environmentSecrets(world.account.repository.fullName, environment)
      ).sort()
    expect(names('production')).toEqual(['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'])
    expect(names('rotation').filter((name) => name.startsWith('R2'))).toEqual([
      'R2_ACCESS_KEY_ID',
      'R2_SECRET_ACCESS_KEY'
    ])
  })

  it('is not due the day after, and replaced again after the interval', async () => {
    const world = createR2Scenario()
    await world.run()
    const first = expectOneKey(world)
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
    world.clock.advance(30 * DAY)
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(expectOneKey(world).id).not.toBe(first.id)
    expect(first.deletedAt).toBeDefined()
  })

  it('stays where it is when the bucket of the probe does not exist, and the failure says so', async () => {
    const world = createR2Scenario(r2With({ credential: { verify: [{ s3: { bucket: 'missing' } }] } }))
    const { token } = world.files
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run)).toMatchObject({
      code: 'probe-failed',
      message: expect.stringContaining('404 NoSuchBucket') as unknown
    })
    expect(alertText(world)).toContain('The jurisdiction has no bucket of this name')
    expect(expectOneKey(world).id).toBe(token.id)
    // A missing bucket is found at once, without waiting for a key that has to become known.
    expect(world.sandbox.transcript.calls.filter(({ api }) => api === 'r2')).toHaveLength(3)
  })

  it('stays where it is when the jurisdiction of the probe is another one', async () => {
    const world = createR2Scenario(
      r2With({ credential: { verify: [{ s3: { bucket: 'files', jurisdiction: 'us' } }] } })
    )
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expect(expectOneKey(world).id).toBe(world.files.token.id)
  })

  it('gets the stated permission on its bucket', async () => {
    const resource = 'com.cloudflare.edge.r2.bucket.023e105f4ecef8ad9ca31a8372d0c353_eu_files'
    const world = createR2Scenario(
      r2With({
        credential: {
          permissions: [{ groups: ['Workers R2 Storage Bucket Item Read'], resources: { [resource]: '*' } }]
        }
      })
    )
    expect((await world.run()).record.outcome).toBe('rotated')
    const [policy] = expectOneKey(world).policies
    expect(policy?.resources).toEqual({ [resource]: '*' })
    expect(policy?.permission_groups.map(({ name }) => name)).toEqual(['Workers R2 Storage Bucket Item Read'])
  })
})

describe('an R2 key in two slots', () => {
  it('keeps the previous key in SECONDARY until the next rotation', async () => {
    const world = createR2Scenario(R2_TWO_SLOTS)
    const { token: byHand } = world.files
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(world.environment()).toMatchObject({
      OLD_R2_ACCESS_KEY_ID: byHand.id,
      OLD_R2_SECRET_ACCESS_KEY: secretAccessKeyOf(byHand)
    })
    const first = expectOneKey(world)
    world.clock.advance(31 * DAY)
    const run = await world.run()
    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    expect(byHand.deletedAt).toBeDefined()
    expect(first.deletedAt).toBeUndefined()
    expect(keysOf(world)[0]?.id).not.toBe(first.id)
  })
})

it('a check names the bucket that does not exist, and changes nothing', async () => {
  const world = createR2Scenario(r2With({ credential: { verify: [{ s3: { bucket: 'missing' } }] } }))
  const run = await world.run({ command: 'check' })
  expect(run.record.outcome).toBe('unhealthy')
  expect(JSON.stringify(run.record)).toContain('NoSuchBucket')
  expect(expectOneKey(world).id).toBe(world.files.token.id)
})
