import { describe, expect, it } from '@jest/globals'
import { CALLS, writesOf } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR } from '../../simulation/times.ts'
import { configure } from '../../simulation/configurations.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'
import {
  expectAccountedFor,
  expectNothingWritten,
  expectRecovered,
  expectRolledBack,
  expectSlotsWork,
  expectUnlocked,
  failureOf,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'
import { CREDENTIALS, slotsNow } from './state.ts'

const ROLLBACK = { command: 'rollback' } as const

describe('command: rollback', () => {
  it('exchanges PRIMARY and SECONDARY at every destination and revokes nothing', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const alive = world.sandbox.cloudflare.tokens.existing.length
    const run = await world.run(ROLLBACK)

    expect({ outcome: run.record.outcome, command: run.record.command }).toEqual({
      outcome: 'rotated',
      command: 'rollback'
    })
    slotsNow(world).forEach((now, index) => {
      for (const name of CREDENTIALS) {
        expect(now[`PRIMARY_${name}`]).toBe(before[index]![`SECONDARY_${name}`])
        expect(now[`SECONDARY_${name}`]).toBe(before[index]![`PRIMARY_${name}`])
      }
    })
    expect(world.sandbox.cloudflare.tokens.existing).toHaveLength(alive)
    expect(rotationOf(run).reason.join()).toContain('PRIMARY was rolled back to')
    expectUnlocked(world)
    expect(openAlerts(world)).toEqual([])
  })

  it('restores the first state when it is run twice, and a rotation continues from either', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    await world.run(ROLLBACK)
    await world.run(ROLLBACK)
    expect(slotsNow(world)).toEqual(before)
    await world.run(ROLLBACK)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('says when the next rotation is due, by what PRIMARY holds now', async () => {
    const configuration = configure(BOOTSTRAP, { rotation: { every: '10h' } })
    const world = createScenario()
    const first = world.clock.now()
    await world.run({ configuration })
    world.clock.advance(10 * HOUR)
    await world.run({ configuration })
    world.clock.advance(HOUR)
    const run = await world.run({ ...ROLLBACK, configuration })
    const due = Date.parse(rotationOf(run).nextDue!)
    expect(due - first).toBeLessThan(11 * HOUR)
  })

  it('verifies SECONDARY before it writes anything', async () => {
    const world = await createRotatedScenario()
    await world.run(ROLLBACK)
    const { calls } = world.sandbox.transcript
    const firstWrite = calls.findIndex(({ operation }) => operation === CALLS.putSecret)
    const lastVerify = calls.findLastIndex(({ operation }) => operation === CALLS.verifyToken)
    expect(lastVerify).toBeGreaterThan(-1)
    expect(lastVerify).toBeLessThan(firstWrite)
  })

  it('names what the rotation before it left valid, and leaves it to the next one', async () => {
    const world = await createRotatedScenario()
    const { tokens } = world.sandbox.cloudflare
    const old = tokens.findByValue(slotsNow(world)[0]!['SECONDARY_SECRET_EDIT_TOKEN']!)!
    world.sandbox.faults.add({
      match: { operation: CALLS.deleteToken, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    await world.run()
    world.sandbox.faults.clear()
    const run = await world.run(ROLLBACK)
    expect(run.record.outcome).toBe('rotated')
    const { kept } = rotationOf(run).credentials.find(({ name }) => name === 'secret-edit')!
    expect(kept).toEqual([{ id: old.id, reason: 'a rollback revokes nothing; the next rotation does' }])
    expectAccountedFor(world, run)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })

  it('changes nothing and says why when SECONDARY is revoked', async () => {
    const world = await createRotatedScenario()
    const [store] = slotsNow(world)
    world.sandbox.cloudflare.tokens.findByValue(store!['SECONDARY_SECRET_EDIT_TOKEN']!)!.disabled = true
    const before = slotsNow(world)
    const run = await world.run(ROLLBACK)
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({ code: 'no-fallback' })
    expect(failureOf(run).message).toMatch(/secret-edit: SECONDARY does not work/)
    expect(slotsNow(world)).toEqual(before)
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('writes what works to both slots when PRIMARY is revoked', async () => {
    const world = await createRotatedScenario()
    const [store] = slotsNow(world)
    world.sandbox.cloudflare.tokens.findByValue(store!['PRIMARY_SECRET_EDIT_TOKEN']!)!.disabled = true
    const run = await world.run(ROLLBACK)
    expect(run.record.outcome).toBe('rotated')
    expectSlotsWork(world)
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('says that there is nothing to roll back to when both slots hold the same token', async () => {
    const world = await createRotatedScenario({ rotations: 1 })
    await world.run({ command: 'contain' })
    world.sandbox.transcript.clear()
    const run = await world.run(ROLLBACK)
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({ code: 'no-fallback' })
    expect(failureOf(run).message).toContain('hold the same credential')
  })

  it('refuses a rollback with a single slot before anything is called', async () => {
    const world = createScenario({ access: true })
    const run = await world.run({ ...ROLLBACK, configuration: ACCESS })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({ code: 'no-fallback' })
    expect(failureOf(run).message).toContain('r2-explorer has a single slot')
    expect(world.sandbox.transcript.calls.filter(({ api }) => api === 'cloudflare')).toEqual([])
  })

  it.each(['PRIMARY', 'SECONDARY'])('undoes a failed write of %s at every destination', async (slot) => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({
      match: { operation: CALLS.putSecret, path: `/secrets/${slot}_SECRET_EDIT_TOKEN`, count: 4 },
      when: 'after',
      answer: 'drop'
    })
    const run = await world.run(ROLLBACK)
    expectRolledBack(world, run)
    expect(slotsNow(world)).toEqual(before)
  })

  it('refuses to write values from before a rotation in a rollback that was queued before it', async () => {
    const world = await createRotatedScenario()
    const queued = world.account.repository.addRun()
    const env = world.environment()
    world.clock.advance(HOUR)
    await world.run()
    world.sandbox.transcript.clear()
    const run = await world.run({ ...ROLLBACK, env, runId: queued.id })
    expect(run.record.outcome).toBe('failed')
    expect(writesOf(world).filter(({ path }) => !/issues|labels/.test(path))).toEqual([])
  })
})
