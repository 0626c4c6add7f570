import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { configure } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { LEASE, MINUTE, SECOND } from '../../simulation/times.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import {
  expectNothingWritten,
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  expectRotated,
  failureOf,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const KEY = 'rotate/bootstrap'

function ownerOf({ account }: World): string | undefined {
  const text = account.namespace.current(KEY)?.value
  return text === undefined ? undefined : (JSON.parse(text) as { owner: string }).owner
}

function hold({ account, clock }: World, owner: string): void {
  account.namespace.write(KEY, {
    value: JSON.stringify({
      owner,
      run: 'https://github.com/octo-org/ops/actions/runs/1',
      expires: clock.now() + 5 * MINUTE
    }),
    expirationTtlSeconds: 300
  })
}

describe('lock in Workers KV', () => {
  it('holds the KV lock through every write of the run', async () => {
    const world = await createRotatedScenario()
    const unlocked: string[] = []
    world.sandbox.onCall(({ phase, call }) => {
      const writes = call.method !== 'GET' && !/kv|PERMISSION_CHECK|issues|labels/.test(call.path)
      if (phase === 'before' && writes && ownerOf(world) === undefined) unlocked.push(call.path)
    })
    expectRotated(world, await world.run())
    expect(unlocked).toEqual([])
  })

  it('warns when the KV lock cannot be read back yet, and continues', async () => {
    const world = await createRotatedScenario()
    world.sandbox.cloudflare.kv.staleReadMs = 10 * MINUTE
    const run = await world.run()
    expectRotated(world, run)
    expect(run.log.join('\n')).toContain('does not show the lock yet that this run wrote')
  })

  it('gives the KV lock to the run that is read back when another wrote it at the same moment', async () => {
    const world = await createRotatedScenario()
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || !isCall('writeLock')(call)) return
      stop()
      world.clock.advance(SECOND)
      hold(world, '1.1/other')
    })
    const slots = slotsNow(world)
    expect((await world.run()).record.outcome).toBe('locked')
    expect(slotsNow(world)).toEqual(slots)
    expect(ownerOf(world)).toBe('1.1/other')
  })

  it('writes the KV lock again a little later when it is refused for its write rate', async () => {
    const world = await createRotatedScenario()
    world.sandbox.faults.add({
      match: { operation: CALLS.writeLock },
      when: 'before',
      answer: { rateLimit: 2 }
    })
    const began = world.clock.now()
    expectRotated(world, await world.run())
    expect(world.clock.now() - began).toBeGreaterThanOrEqual(2 * SECOND)
  })

  it('ends the run before PRIMARY is written when the KV lock expires while new tokens are verified', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || !isCall('createToken')(call)) return
      stop()
      world.clock.advance(6 * MINUTE)
    })
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(failureOf(run).code).toBe('lease-lost')
  })

  it('renews the KV lock when little of its time is left', async () => {
    const world = await createRotatedScenario()
    world.sandbox.cloudflare.tokens.propagationMs = 50 * SECOND
    const configuration = configure(BOOTSTRAP, { top: { lock: { ttl: '60s' } } })
    expectRotated(world, await world.run({ configuration }))
    expect(world.sandbox.transcript.counts()[CALLS.writeLock]).toBe(2)
  })

  it('does not release the KV lock when it has expired and another run holds it', async () => {
    const world = await createRotatedScenario()
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'before' || !isCall('putSecret', /PRIMARY/)(call)) return
      stop()
      world.clock.advance(LEASE)
      hold(world, '1.1/other')
    })
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(ownerOf(world)).toBe('1.1/other')
  })

  it('rotates and warns when the KV lock cannot be released', async () => {
    const world = await createRotatedScenario()
    world.sandbox.faults.add({
      match: { operation: CALLS.deleteLock, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(rotationOf(run).warnings.join()).toContain('it expires by itself')
  })

  it('takes the KV lock of an earlier attempt of the same run, but not of a later one', async () => {
    const world = await createRotatedScenario()
    const revive = crashDuring(world, { at: isCall('createToken'), when: 'before' })
    const first = await world.run()
    revive()
    expect(ownerOf(world)).toContain(`${first.runId}.1/`)
    const second = await world.run({ runId: first.runId, attempt: 2 })
    expectRecovered(world, second)

    world.clock.advance(MINUTE)
    hold(world, '99.3/job')
    expect((await world.run({ runId: 99, attempt: 2 })).record.outcome).toBe('locked')
  })

  it('fails before anything is written when the namespace of the KV lock does not exist', async () => {
    const world = createScenario()
    const run = await world.run({
      configuration: configure(BOOTSTRAP, { top: { lock: { 'namespace-id': 'f'.repeat(32) } } })
    })
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain('lock')
  })

  it('fails before anything is written when the key of the KV lock holds something else', async () => {
    const world = createScenario()
    world.account.namespace.write(KEY, { value: 'what a Worker keeps here' })
    const run = await world.run()
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain('not a lock')
    expect(world.account.namespace.current(KEY)!.value).toBe('what a Worker keeps here')
  })

  it.each([
    ['a namespace or account id of the wrong form', { status: 404, code: 7003, message: 'Could not route' }],
    ['a namespace that does not exist', { status: 404, code: '10013', message: 'namespace not found' }],
    ['another thing that does not exist', { status: 404, code: 10007, message: 'not found' }]
  ])('does not take the KV lock for free when a read answers 404 of %s', async (_what, refusal) => {
    const world = createScenario()
    world.sandbox.faults.add({
      match: { operation: CALLS.readLock, count: Infinity },
      when: 'before',
      answer: { refusal }
    })
    const run = await world.run()
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('The lock could not be read') as unknown,
      hint: expect.stringContaining('lock.namespace-id') as unknown
    })
  })

  it('takes the KV lock for free when the key is missing, whether its code is a number or a text', async () => {
    const world = createScenario()
    const refusal = { status: 404, code: '10009', message: "get: 'key not found'" }
    world.sandbox.faults.add({ match: { operation: CALLS.readLock }, when: 'before', answer: { refusal } })
    expectRotated(world, await world.run())
  })
})
