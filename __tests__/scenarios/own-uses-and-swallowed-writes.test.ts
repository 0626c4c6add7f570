import { describe, expect, it } from '@jest/globals'
import type { GithubSecret } from '../../sandbox/github/secret-vault.ts'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { configure, MONTHLY, revoking } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { HOUR, LEASE, SECOND } from '../../simulation/times.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import {
  expectClean,
  expectPrimaryUntouched,
  expectRolledBack,
  expectRotated,
  failureOf,
  rotationOf,
  slotsNow
} from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'

const IGNORE_USE = revoking({ 'in-use': 'ignore' }, BOOTSTRAP)
const DAY = 24 * HOUR

function swallowStoreWrite(world: World, name: string): void {
  const secret = [...world.account.store.secrets.values()].find((one) => one.name === name)!
  let saved = { ...secret }
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (!isCall('editStored', secret.id)(call)) return
    if (phase === 'before') saved = { ...secret }
    else {
      Object.assign(secret, { value: saved.value, comment: saved.comment, modified: saved.modified })
      stop()
    }
  })
}

function swallowGithubWrite(world: World, name: string): void {
  const vault = world.account.repository.environment(world.account.environment)
  let saved: GithubSecret | undefined
  const stop = world.sandbox.onCall(({ phase, call }) => {
    if (!isCall('putSecret', new RegExp(`/${name}$`))(call)) return
    if (phase === 'before') saved = { ...vault.find(name)! }
    else {
      Object.assign(vault.find(name)!, saved)
      stop()
    }
  })
}

describe('A: the use that this action itself makes of SECONDARY is not that of a consumer', () => {
  it('a1: daily runs that are not due', async () => {
    const world = createScenario({ ttlMs: 90 * DAY })
    await world.run({ configuration: MONTHLY })
    world.clock.advance(HOUR)
    await world.run({ configuration: MONTHLY, force: true })
    let run = await world.run({ configuration: MONTHLY })
    for (let day = 0; day < 31 && run.record.outcome === 'not-due'; day++) {
      world.clock.advance(DAY)
      run = await world.run({ configuration: MONTHLY })
    }
    expectRotated(world, run)
  })

  it('a2: a run that was locked', async () => {
    const world = await createRotatedScenario()
    const held = {
      owner: '1.1/gone',
      run: 'https://github.com/octo-org/ops/actions/runs/1',
      expires: world.clock.now() + LEASE
    }
    world.account.namespace.write('rotate/bootstrap', {
      value: JSON.stringify(held),
      expirationTtlSeconds: 3_600
    })
    await world.run()
    world.clock.advance(LEASE + 1)
    expectRotated(world, await world.run())
  })

  it('a3: a run that died', async () => {
    const world = await createRotatedScenario()
    const revive = crashDuring(world, { at: isCall('createToken'), nth: 2, when: 'after' })
    await world.run()
    revive()
    world.clock.advance(LEASE)
    expectRotated(world, await world.run())
  })
})

it('B: the own verification does not hide that a consumer used SECONDARY (list answered after the verifications)', async () => {
  const world = await createRotatedScenario()
  const { SECONDARY_TOKEN_CREATION_TOKEN: value } = world.environment()
  world.clock.advance(HOUR)
  await world.sandbox.fetch(
    `https://api.cloudflare.com/client/v4/accounts/${world.account.accountId}/tokens/verify`,
    { headers: { authorization: `Bearer ${value}` } }
  )
  world.clock.advance(HOUR)
  world.sandbox.faults.add({
    match: { operation: CALLS.listTokens },
    when: 'before',
    answer: { rateLimit: 2 }
  })
  await world.run()
  expect(world.sandbox.cloudflare.tokens.works(value!)).toBe(true)
})

it('C: a PUT that GitHub answers with 200 and something else is not taken for done', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { method: 'PUT', path: '/secrets/SECONDARY_SECRET_EDIT_TOKEN' },
    when: 'before',
    answer: 'success-false'
  })
  await world.run() // I2 breaks
})

describe('D: what PRIMARY may hold at a destination is not revoked before its successor is confirmed', () => {
  it.each([
    ['GitHub', swallowGithubWrite],
    ['the store', swallowStoreWrite]
  ])('post after a death that had promoted, with a write that %s swallows', async (_where, swallow) => {
    const world = await createRotatedScenario()
    const job = { env: world.environment(), nonce: 'the job', configuration: IGNORE_USE }
    const revive = crashDuring(world, { at: isCall('editStored'), nth: 4, when: 'after' })
    const { runId } = await world.run(job)
    revive()
    swallow(world, 'PRIMARY_SECRET_EDIT_TOKEN')
    await world.run({ ...job, runId }) // I2 breaks
  })
})

it('E: a store write that was answered but not done is undone, not taken for the write of somebody else', async () => {
  const world = await createRotatedScenario()
  const before = slotsNow(world)
  swallowStoreWrite(world, 'PRIMARY_SECRET_EDIT_TOKEN')
  const run = await world.run()
  expect(failureOf(run).code).toBe('not-confirmed')
  expectRolledBack(world, run)
  expectPrimaryUntouched(world, before)
})

it('F: a run that is cancelled while it waits for a new token ends within 7 s', async () => {
  const world = await createRotatedScenario()
  world.sandbox.cloudflare.tokens.propagationMs = 45 * SECOND
  const controller = new AbortController()
  let at = 0
  world.sandbox.onCall(({ call }) => {
    if (!isCall('readToken')(call) || controller.signal.aborted) return
    at = world.clock.now()
    controller.abort()
  })
  const run = await world.run({ cancelled: controller.signal })
  expectRolledBack(world, run)
  expect(world.clock.now() - at).toBeLessThan(7 * SECOND)
})

it('H: a run whose values were replaced twice is stale, not failed', async () => {
  const world = await createRotatedScenario()
  const queued = world.account.repository.addRun()
  const env = world.environment()
  for (let rotation = 0; rotation < 2; rotation++) {
    world.clock.advance(HOUR)
    await world.run()
  }
  const run = await world.run({ env, runId: queued.id })
  expect(run.record.outcome).toBe('stale')
})

it('I: a store that does not exist is an error whose hint names store-id', async () => {
  const world = createScenario()
  const run = await world.run({
    configuration: configure(BOOTSTRAP, { store: { 'store-id': 'f'.repeat(32) } })
  })
  expect(failureOf(run).hint).toContain('store-id')
})

void [expectClean, rotationOf]
