import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR, MINUTE, SECOND } from '../../simulation/times.ts'
import {
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  expectRotated,
  failureOf,
  madeBy,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'
import { swallowGithubWrite, swallowStoreWrite } from './swallowed-writes.ts'

const kept = (run: Parameters<typeof rotationOf>[0]) => rotationOf(run).credentials.flatMap((one) => one.kept)
const revoked = (run: Parameters<typeof rotationOf>[0]) =>
  rotationOf(run).credentials.flatMap((one) => one.revoked)

describe('store that keeps serving the old value', () => {
  it('waits when the store serves the old value for a moment', async () => {
    const world = await createRotatedScenario()
    world.sandbox.cloudflare.secretsStores.pendingMs = 10 * SECOND
    const run = await world.run()
    expectRotated(world, run)
    const said = run.log.filter((line) => line.includes('still pending at Cloudflare'))
    expect(said.length).toBeGreaterThan(0)
    expect(said[0]).toMatch(/^Secrets Store \w+: waiting for up to 30 s for .*SECRET_EDIT_TOKEN/)
    expect(new Set(said).size).toBe(said.length)
  })

  it('revokes nothing while the store serves the old value, and revokes in the next run', async () => {
    const world = await createRotatedScenario()
    const before = world.sandbox.cloudflare.tokens.existing.map(({ id }) => id)
    world.sandbox.cloudflare.secretsStores.pendingMs = 10 * MINUTE
    const run = await world.run()

    expect(run.record.outcome).toBe('rotated')
    expect(revoked(run)).toEqual([])
    expect(
      kept(run)
        .map(({ reason }) => reason)
        .join()
    ).toContain('pending')
    const after = new Set(world.sandbox.cloudflare.tokens.existing.map(({ id }) => id))
    expect(before.every((id) => after.has(id))).toBe(true)

    world.sandbox.cloudflare.secretsStores.pendingMs = 0
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })
})

describe('write that GitHub answers without carrying it out', () => {
  it('restores everything when GitHub did not write PRIMARY, which it recognises by updated_at', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    swallowGithubWrite(world, 'PRIMARY_SECRET_EDIT_TOKEN')
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(failureOf(run).code).toBe('not-confirmed')
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('revokes nothing and does not write PRIMARY when GitHub did not write SECONDARY', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    swallowGithubWrite(world, 'SECONDARY_SECRET_EDIT_TOKEN')
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(revoked(run)).toEqual([])
  })
})

it('undoes a write that the store answered without carrying it out, and does not take it for another process’s', async () => {
  const world = await createRotatedScenario()
  const before = slotsNow(world)
  swallowStoreWrite(world, 'PRIMARY_SECRET_EDIT_TOKEN')
  const run = await world.run()
  expect(failureOf(run).code).toBe('not-confirmed')
  expectRolledBack(world, run)
  expectPrimaryUntouched(world, before)
})

it('revokes nothing that SECONDARY holds when GitHub answers its write with 200 and another body', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { method: 'PUT', path: '/secrets/SECONDARY_SECRET_EDIT_TOKEN' },
    when: 'before',
    answer: 'success-false'
  })
  // The scenario itself fails when this breaks I2.
  await world.run()
})

it('fails when an entry of the store does not carry the comment of the write', async () => {
  const world = await createRotatedScenario()
  const before = slotsNow(world)
  const secret = [...world.account.store.secrets.values()].find(
    ({ name }) => name === 'PRIMARY_SECRET_EDIT_TOKEN'
  )!
  const old = { ...secret }
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (phase !== 'after' || !isCall('editStored', secret.id)(call)) return
    Object.assign(secret, { value: old.value, comment: 'written by hand' })
    stop()
  })
  const run = await world.run()
  expectRolledBack(world, run)
  expectPrimaryUntouched(world, before)
  expect(failureOf(run).code).toBe('not-confirmed')
})

it('undoes nothing when another process overwrites PRIMARY right after the run', async () => {
  const world = await createRotatedScenario()
  const vault = world.account.repository.environment(world.account.environment)
  const theirs = vault.find('PRIMARY_TOKEN_CREATION_TOKEN')!.value
  let lists = 0
  world.sandbox.onCall(({ phase, call }) => {
    if (phase !== 'before' || !isCall('listSecrets')(call) || ++lists !== 4) return
    world.clock.advance(5 * SECOND)
    vault.put('PRIMARY_TOKEN_CREATION_TOKEN', theirs)
  })
  const run = await world.run()

  expect(run.record.outcome).toBe('failed')
  expect(failureOf(run).code).toBe('lease-lost')
  expect(vault.find('PRIMARY_TOKEN_CREATION_TOKEN')!.value).toBe(theirs)
  expect(madeBy(world, run)).toHaveLength(2)
  expect(openAlerts(world)).toHaveLength(1)
  world.clock.advance(HOUR)
  expectRecovered(world, await world.run())
})

it.each([
  ['GitHub', { operation: CALLS.listSecrets, nth: 3 }],
  ['the store', { operation: CALLS.listStore, nth: 4 }]
])(
  'keeps the new values and undoes nothing when %s cannot be read any more, and says so in the alert',
  async (_where, match) => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({
      match: { ...match, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()

    expect(run.record.outcome).toBe('failed')
    expect(madeBy(world, run)).toHaveLength(2)
    for (const [index, now] of slotsNow(world).entries())
      expect(now['SECONDARY_SECRET_EDIT_TOKEN']).toBe(before[index]!['PRIMARY_SECRET_EDIT_TOKEN'])
    expect(rotationOf(run).left).not.toEqual([])
    expect(openAlerts(world)).toHaveLength(1)

    world.sandbox.faults.clear()
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  }
)
