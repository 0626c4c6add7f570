import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import type { GithubSecret } from '../../sandbox/github/secret-vault.ts'
import { ACCESS_CALLS, isAccessCall } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY } from '../../simulation/times.ts'
import {
  credentialOf,
  expectConsumersSafe,
  expectRolledBack,
  expectRotated,
  failureOf,
  rotationOf
} from './expectations.ts'
import { accessService, createRotatedScenario } from './scenario.ts'
import { aliveTokens, primaryPair, snapshot, tokenOf } from './state.ts'

const LOST: readonly FaultAnswer[] = ['drop', 'hang', 'garbage', 'success-false', { status: 502 }]

describe('creation', () => {
  it.each(LOST)(
    'finds a service token by its name and deletes it when the answer to its creation is lost (%j)',
    async (answer) => {
      const world = await createRotatedScenario(accessService)
      const before = snapshot(world)
      world.sandbox.faults.add({ match: { operation: ACCESS_CALLS.createToken }, when: 'after', answer })
      expectRolledBack(world, await world.run(), before)
      expectRotated(world, await world.run())
    }
  )

  it('leaves everything as it was when the creation of a service token is refused', async () => {
    const world = await createRotatedScenario(accessService)
    const before = snapshot(world)
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.createToken },
      when: 'before',
      answer: { status: 400 }
    })
    expectRolledBack(world, await world.run(), before)
  })
})

describe('admission', () => {
  it.each(['editPolicy', 'editAppPolicy', 'editGroup'] as const)(
    'removes the new token from the other rules when one of three refuses it (%s)',
    async (kind) => {
      const world = await createRotatedScenario(accessService)
      const before = snapshot(world)
      world.sandbox.faults.add({
        match: { operation: ACCESS_CALLS[kind] },
        when: 'before',
        answer: {
          status: 400,
          body: { success: false, errors: [{ code: 12130, message: 'no' }], result: null }
        }
      })
      const run = await world.run()
      expectRolledBack(world, run, before)
      expect(failureOf(run).message).toContain('the new credential could not be admitted')
      expectRotated(world, await world.run())
    }
  )

  it.each(['editPolicy', 'editAppPolicy', 'editGroup'] as const)(
    'removes the new token from the rules when the answers to their edits are lost (%s)',
    async (kind) => {
      const world = await createRotatedScenario(accessService)
      const before = snapshot(world)
      world.sandbox.faults.add({
        match: { operation: ACCESS_CALLS[kind], count: 4 },
        when: 'after',
        answer: 'drop'
      })
      expectRolledBack(world, await world.run(), before)
    }
  )

  it('recovers when an edit of a rule is answered too late once', async () => {
    const world = await createRotatedScenario(accessService)
    world.sandbox.faults.add({ match: { operation: ACCESS_CALLS.editGroup }, when: 'after', answer: 'hang' })
    expectRotated(world, await world.run())
  })
})

describe('promotion', () => {
  it.each(['CLIENT_ID', 'CLIENT_SECRET'])(
    'restores both secrets when the write of %s fails',
    async (name) => {
      for (const { when, answer, count } of [
        { when: 'before', answer: { status: 403 }, count: 1 },
        { when: 'after', answer: 'drop', count: 4 },
        { when: 'before', answer: { status: 502 }, count: 4 }
      ] as const) {
        const world = await createRotatedScenario(accessService)
        const before = snapshot(world)
        world.sandbox.faults.add({
          match: { method: 'PUT', path: new RegExp(`/secrets/R2_EXPLORER_ACCESS_${name}$`), count },
          when,
          answer
        })
        const run = await world.run()
        expectRolledBack(world, run, before)
        expect(failureOf(run).message).toContain(`R2_EXPLORER_ACCESS_${name} could not be written`)
      }
    }
  )

  it('restores the secrets when GitHub answers a write without carrying it out', async () => {
    const world = await createRotatedScenario(accessService)
    const before = snapshot(world)
    const vault = world.account.repository.environment('automation')
    let saved: GithubSecret | undefined
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (!isAccessCall('putSecret', /CLIENT_SECRET$/)(call)) return
      if (phase === 'before') saved = { ...vault.find('R2_EXPLORER_ACCESS_CLIENT_SECRET')! }
      if (phase === 'after') {
        Object.assign(vault.find('R2_EXPLORER_ACCESS_CLIENT_SECRET')!, saved)
        stop()
      }
    })
    const run = await world.run()
    expectRolledBack(world, run, before)
    expect(failureOf(run).code).toBe('not-confirmed')
  })
})

describe('revocation', () => {
  it('keeps an old pair that it cannot disable, reports it, and revokes it in a later run', async () => {
    const world = await createRotatedScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.updateToken, count: 4 },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expectConsumersSafe(world)
    expect(old.enabled.current).toBe(true)
    expect(credentialOf(run).kept).toMatchObject([{ id: old.id }])
    expect(run.record.warnings.join('\n')).toContain('could not be disabled')

    world.clock.advance(DAY)
    const next = await world.run()
    expect(next.record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
    expect(world.sandbox.cloudflare.access.rulesNaming(old.id)).toEqual([])
  })

  it('keeps a revoked pair disabled when it cannot delete it, and deletes it in a later run', async () => {
    const world = await createRotatedScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    const fault = world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.deleteToken, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expectConsumersSafe(world)
    expect(old).toMatchObject({ deletedAt: undefined })
    expect(old.enabled.current).toBe(false)
    expect(credentialOf(run)).toMatchObject({
      revoked: [],
      kept: [{ id: old.id, reason: expect.stringContaining('could not be deleted') as unknown }]
    })
    fault()
    world.clock.advance(DAY)
    const next = await world.run()
    expect(next.record.outcome).toBe('not-due')
    expect(credentialOf(next).revoked.map(({ id }) => id)).toEqual([old.id])
    expect(aliveTokens(world)).toEqual([tokenOf(world, primaryPair(world))])
  })

  it('keeps an old pair that it cannot remove from one rule, and finishes in a later run', async () => {
    const world = await createRotatedScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.editGroup, nth: 2, count: 4 },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(rotationOf(run).left).toEqual([])
    expect(credentialOf(run).kept).toMatchObject([{ id: old.id }])
    expect(openAlerts(world)).toEqual([])
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
    expect(world.sandbox.cloudflare.access.rulesNaming(old.id)).toEqual([])
    expectConsumersSafe(world)
  })

  it('deletes an old pair although its deletion gets no answer', async () => {
    const world = await createRotatedScenario(accessService)
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.deleteToken },
      when: 'after',
      answer: 'drop'
    })
    expectRotated(world, await world.run())
  })
})
