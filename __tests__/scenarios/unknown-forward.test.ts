import { describe, expect, it } from '@jest/globals'
import { gated, DEPLOY_GATE } from '../../simulation/configurations.ts'
import { addDeployment, failDeployment } from '../../simulation/gates.ts'
import { LEASE } from '../../simulation/times.ts'
import { addStoreToken, UNKNOWN } from '../../simulation/unknown.ts'
import { CALLS } from '../../simulation/calls.ts'
import {
  alertText,
  credentialOf,
  expectConsumersSafe,
  expectRecovered,
  expectRotated,
  failureOf,
  rotationOf
} from './expectations.ts'
import { managedTokens, slotsNow } from './state.ts'
import { createRotatedUnknown, createUnknownScenario } from './unknown-scenario.ts'

describe('failed write of a token whose previous value is unknown', () => {
  it('undoes nothing at the destinations, and the next run writes them again although it is not due', async () => {
    const { world, rotate } = await createRotatedUnknown()
    const [old] = managedTokens(world)
    world.sandbox.faults.add({
      match: { operation: CALLS.putSecret, count: Infinity },
      when: 'before',
      answer: { status: 502 }
    })
    const failed = await rotate()
    world.sandbox.faults.clear()

    expect(failed.record.outcome).toBe('failed')
    expect(rotationOf(failed).left.join()).toContain('the next run writes every destination again')
    const half = credentialOf(failed).new!
    expect(half.name).toMatch(/~new$/)
    expect(managedTokens(world).map(({ id }) => id)).toEqual([old!.id, half.id])
    const [store, github] = slotsNow(world)
    expect(store).not.toEqual(github)
    expectConsumersSafe(world)
    expect(alertText(world)).toContain('nothing that one may hold was revoked')

    world.clock.advance(LEASE)
    const run = await rotate()
    expectRecovered(world, run)
    expectRotated(world, run)
    expect(rotationOf(run).reason).toEqual([
      `secret-edit: the last promotion is not complete, and a PRIMARY may hold ${old!.id}, ${half.id}.`
    ])
    expect(
      credentialOf(run)
        .revoked.map(({ id }) => id)
        .sort()
    ).toEqual([old!.id, half.id].sort())
  })

  it('is a finding of a check until then', async () => {
    const { world, rotate } = await createRotatedUnknown()
    world.sandbox.faults.add({
      match: { operation: CALLS.putSecret, count: Infinity },
      when: 'before',
      answer: { status: 502 }
    })
    await rotate()
    world.sandbox.faults.clear()
    const { record } = await rotate({ command: 'check' })
    expect(record.outcome).toBe('unhealthy')
    expect(record.findings).toContainEqual(
      expect.objectContaining({
        kind: 'slots-disagree',
        severity: 'error',
        message: expect.stringContaining('the last promotion is not complete') as unknown
      })
    )
  })

  it('deletes the new token where no destination was written', async () => {
    const { world, rotate } = await createRotatedUnknown()
    const before = managedTokens(world)
    for (const method of ['PUT', 'PATCH']) {
      world.sandbox.faults.add({
        match: { method, path: /\/secrets\//, count: Infinity },
        when: 'before',
        answer: { status: 403 }
      })
    }
    const run = await rotate()
    world.sandbox.faults.clear()
    expect(run.record.outcome).toBe('rolled-back')
    expect(managedTokens(world)).toEqual(before)
  })
})

describe('rollout gate that does not pass after a write of a token whose previous value is unknown', () => {
  it('leaves both tokens valid and fails, and the next run rotates again', async () => {
    const { world, rotate } = createUnknownScenario(gated(UNKNOWN, DEPLOY_GATE), (made) => {
      addStoreToken(made)
      addDeployment(made)
    })
    const { secretEdit } = world.account
    const putInOrder = failDeployment(world)
    const failed = await rotate()
    expect(failed.record.outcome).toBe('failed')
    expect(failureOf(failed).code).toBe('rollout-failed')
    const made = credentialOf(failed).new!
    expect(credentialOf(failed).kept.map(({ id }) => id)).toContain(secretEdit.id)
    expect([secretEdit.deletedAt, secretEdit.disabled]).toEqual([undefined, false])
    expectConsumersSafe(world)

    putInOrder()
    world.clock.advance(LEASE)
    const run = await rotate()
    expectRotated(world, run)
    expect(
      credentialOf(run)
        .revoked.map(({ id }) => id)
        .sort()
    ).toEqual([secretEdit.id, made.id].sort())
  })
})
