import { describe, expect, it } from '@jest/globals'
import { CALLS, writesOf } from '../../simulation/calls.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR, LEASE } from '../../simulation/times.ts'
import {
  expectClean,
  expectConsumersSafe,
  expectRecovered,
  expectRolledBack,
  expectSlotsWork,
  failureOf,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'
import { CREDENTIALS, managedTokens, slotsNow } from './state.ts'

const CONTAIN = { command: 'contain' } as const

describe('command: contain', () => {
  it('writes the new token into every slot and leaves no older one valid', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const run = await world.run(CONTAIN)

    expect(run.record.outcome).toBe('rotated')
    expect(rotationOf(run).reason.join()).toContain('contain')
    for (const now of slotsNow(world)) {
      for (const name of CREDENTIALS) {
        expect(now[`SECONDARY_${name}`]).toBe(now[`PRIMARY_${name}`])
        expect(Object.values(before[0]!)).not.toContain(now[`PRIMARY_${name}`])
      }
    }
    expectSlotsWork(world)
    expectClean(world)
    expect(managedTokens(world)).toHaveLength(2)
    for (const value of Object.values(before[0]!))
      expect(world.sandbox.cloudflare.tokens.works(value)).toBe(false)
    expect(openAlerts(world)).toEqual([])
  })

  it('reports for each credential how long it remained valid and how its revocation was confirmed', async () => {
    const world = await createRotatedScenario()
    const startedAt = world.clock.now()
    const run = await world.run(CONTAIN)
    for (const { revoked, probes } of rotationOf(run).credentials) {
      expect(revoked).toHaveLength(2)
      for (const { livedSeconds } of revoked) {
        expect(livedSeconds).toBeGreaterThanOrEqual(0)
        expect(livedSeconds).toBeLessThanOrEqual((world.clock.now() - startedAt) / 1000)
      }
      expect(probes.filter(({ of }) => of === 'old').map(({ verdict }) => verdict)).not.toContain('passed')
    }
  })

  it('never writes the exposed token into a slot again', async () => {
    const world = await createRotatedScenario()
    const held = managedTokens(world).map(({ id }) => id)
    const run = await world.run(CONTAIN)
    const written = rotationOf(run).destinations.flatMap(({ writes }) => writes.map(({ holds }) => holds))
    expect(written.filter((id) => held.includes(id))).toEqual([])
  })

  it('revokes an exposed token that is still in use, since its user may be the attacker', async () => {
    const world = await createRotatedScenario()
    world.clock.advance(HOUR)
    const [store] = slotsNow(world)
    world.sandbox.cloudflare.tokens.findByValue(store!['SECONDARY_SECRET_EDIT_TOKEN']!)!.lastUsedOn =
      world.clock.now()
    const run = await world.run(CONTAIN)
    expect(run.record.outcome).toBe('rotated')
    expect(managedTokens(world)).toHaveLength(2)
  })

  it('works with the tokens in SECONDARY when the exposed one is already disabled', async () => {
    const world = await createRotatedScenario()
    const [store] = slotsNow(world)
    const exposed = world.sandbox.cloudflare.tokens.findByValue(store!['PRIMARY_TOKEN_CREATION_TOKEN']!)!
    exposed.disabled = true
    const run = await world.run(CONTAIN)
    expect(run.record.outcome).toBe('rotated')
    expectSlotsWork(world)
    expect(managedTokens(world)).toHaveLength(2)
  })

  it('names what is missing when every token that may create tokens is disabled, and loses nothing', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    for (const slot of ['PRIMARY', 'SECONDARY']) {
      const value = before[0]![`${slot}_TOKEN_CREATION_TOKEN`]!
      world.sandbox.cloudflare.tokens.findByValue(value)!.disabled = true
    }
    const run = await world.run(CONTAIN)
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).message).toContain('$PRIMARY_TOKEN_CREATION_TOKEN')
    expect(failureOf(run).hint).toMatch(/token/i)
    expect(slotsNow(world)).toEqual(before)
    expect(writesOf(world).filter(({ api }) => api === 'cloudflare')).toEqual([])
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('fails when another run holds the lock, since nothing is contained yet', async () => {
    const world = await createRotatedScenario()
    const held = { owner: '1.1/other', run: 'https://example.org/run/1', expires: world.clock.now() + LEASE }
    world.account.namespace.write('rotate/bootstrap', {
      value: JSON.stringify(held),
      expirationTtlSeconds: 3_600
    })
    const run = await world.run(CONTAIN)
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({ code: 'not-contained' })
    expect(failureOf(run).message).toContain('https://example.org/run/1')
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('fails when its values are from before a newer rotation', async () => {
    const world = await createRotatedScenario()
    const queued = world.account.repository.addRun()
    const env = world.environment()
    world.clock.advance(HOUR)
    await world.run()
    const run = await world.run({ ...CONTAIN, env, runId: queued.id })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({ code: 'not-contained' })
  })

  it('restores both slots when a write fails, and reports it', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    world.sandbox.faults.add({
      match: { operation: CALLS.putSecret, path: '/secrets/SECONDARY_SECRET_EDIT_TOKEN', count: 4 },
      when: 'after',
      answer: 'drop'
    })
    const run = await world.run(CONTAIN)
    expectRolledBack(world, run)
    const { tokens } = world.sandbox.cloudflare
    for (const [index, now] of slotsNow(world).entries()) {
      for (const name of CREDENTIALS) {
        expect(now[`PRIMARY_${name}`]).toBe(before[index]![`PRIMARY_${name}`])
        expect(tokens.works(now[`SECONDARY_${name}`]!)).toBe(true)
      }
    }
    world.clock.advance(HOUR)
    expect((await world.run(CONTAIN)).record.outcome).toBe('rotated')
    expect(managedTokens(world)).toHaveLength(2)
  })

  it('fails and names what is still valid when the exposed token cannot be disabled', async () => {
    const world = await createRotatedScenario()
    world.sandbox.faults.add({
      match: { method: 'PUT', path: /\/tokens\/[0-9a-f]{32}$/, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run(CONTAIN)
    world.sandbox.faults.clear()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({ code: 'not-contained' })
    expect(rotationOf(run).left.join()).toContain('still valid')
    expectConsumersSafe(world)

    world.clock.advance(LEASE)
    expectRecovered(world, await world.run())
  })
})
