import { describe, expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { configure, MONTHLY, revoking } from '../../simulation/configurations.ts'
import { HOUR, MINUTE } from '../../simulation/times.ts'
import { BOOTSTRAP, type World, type WorldRun } from '../../simulation/world.ts'
import {
  expectAccountedFor,
  expectRecovered,
  expectRotated,
  expectSlotsWork,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

function recordOf(run: WorldRun, name = 'token-creation') {
  return rotationOf(run).credentials.find((credential) => credential.name === name)!
}

function tokenIn(world: Scenario, secret: string) {
  return world.sandbox.cloudflare.tokens.findByValue(slotsNow(world)[1]![secret]!)!
}

/** A managed token of another run that no slot holds. */
function leaveOrphan(world: World, runId: number, name = 'rotate/4b147bce/bootstrap/token-creation') {
  const stamp = new Date(world.clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, '')
  return world.sandbox.cloudflare.tokens.seed({
    name: `${name}/${stamp}-${runId}.1`,
    groups: ['Account API Tokens Read'],
    ttlMs: 24 * HOUR
  })
}

async function use({ sandbox }: World, value: string): Promise<void> {
  const response = await sandbox.fetch(
    `https://api.cloudflare.com/client/v4/accounts/${sandbox.cloudflare.accountId}/tokens/verify`,
    {
      headers: { authorization: `Bearer ${value}` }
    }
  )
  expect(response.status).toBe(200)
}

describe('token that falls out of SECONDARY', () => {
  it('deletes a token that falls out of SECONDARY in the same run, and records it', async () => {
    const world = await createRotatedScenario()
    const old = tokenIn(world, 'SECONDARY_TOKEN_CREATION_TOKEN')
    const run = await world.run()
    expectRotated(world, run)
    expect(recordOf(run).revoked.map(({ id, reason }) => [id, reason])).toEqual([[old.id, 'replaced']])
    expect(old.deletedAt).toBeDefined()
  })

  it('keeps a token that cannot be deleted valid, with the reason, until the next run deletes it', async () => {
    const world = await createRotatedScenario()
    const old = tokenIn(world, 'SECONDARY_TOKEN_CREATION_TOKEN')
    world.sandbox.faults.add({
      match: { operation: CALLS.deleteToken, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expectSlotsWork(world)
    expectAccountedFor(world, run)
    expect(recordOf(run).kept).toEqual([
      { id: old.id, reason: expect.stringContaining('could not be deleted') as unknown }
    ])
    expect(run.record.warnings.join('\n')).toContain(`${old.id} was not revoked`)

    world.sandbox.faults.clear()
    world.clock.advance(HOUR)
    expectRotated(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })

  it('takes a token for deleted when only the answer to its deletion was lost', async () => {
    const world = await createRotatedScenario()
    world.sandbox.faults.add({ match: { operation: CALLS.deleteToken }, when: 'after', answer: 'drop' })
    expectRotated(world, await world.run())
  })

  it('keeps a token that is used after its successor was promoted, and deletes it when no one uses it any more', async () => {
    const world = await createRotatedScenario()
    const old = tokenIn(world, 'SECONDARY_TOKEN_CREATION_TOKEN')
    world.clock.advance(HOUR)
    await use(world, old.value)
    world.clock.advance(HOUR)
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expectAccountedFor(world, run)
    expect(recordOf(run).kept).toEqual([
      { id: old.id, reason: expect.stringContaining('it was used at') as unknown }
    ])
    expect(world.sandbox.cloudflare.tokens.works(old.value)).toBe(true)

    world.clock.advance(HOUR)
    expectRotated(world, await world.run())
    expect(old.deletedAt).toBeDefined()
  })

  it('deletes a token that is used when the configuration ignores use', async () => {
    const world = await createRotatedScenario()
    const old = tokenIn(world, 'SECONDARY_TOKEN_CREATION_TOKEN')
    world.clock.advance(HOUR)
    await use(world, old.value)
    world.clock.advance(HOUR)
    expectRotated(world, await world.run({ configuration: revoking({ 'in-use': 'ignore' }, BOOTSTRAP) }))
    expect(old.deletedAt).toBeDefined()
  })

  it('keeps a token that is used between the observation and the revocation', async () => {
    const world = await createRotatedScenario()
    const old = tokenIn(world, 'SECONDARY_SECRET_EDIT_TOKEN')
    const stop = world.sandbox.onCall(async ({ phase, call }) => {
      if (phase !== 'after' || call.operation !== CALLS.createToken) return
      stop()
      world.clock.advance(30_000)
      await use(world, old.value)
    })
    const run = await world.run()
    expect(recordOf(run, 'secret-edit').kept.map(({ id }) => id)).toEqual([old.id])
    expect(world.sandbox.cloudflare.tokens.works(old.value)).toBe(true)
  })

  it('keeps a token when another variable of the step holds the same value', async () => {
    const world = createScenario()
    const hand = world.account.tokenCreation
    const configuration = configure(BOOTSTRAP, { top: { auth: { access: 'ACCESS_TOKEN' } } })
    const env = () => ({ ...world.environment(), ACCESS_TOKEN: hand.value })
    await world.run({ configuration, env: env() })
    world.clock.advance(HOUR)
    const run = await world.run({ configuration, env: env() })
    expect(run.record.outcome).toBe('rotated')
    expect(recordOf(run).kept).toEqual([{ id: hand.id, reason: '$ACCESS_TOKEN holds the same value' }])
    expect(world.sandbox.cloudflare.tokens.works(hand.value)).toBe(true)
  })
})

describe('token that no slot holds', () => {
  it('deletes a token that no slot holds when its run has ended', async () => {
    const world = await createRotatedScenario()
    const ended = world.account.repository.addRun({ status: 'completed' })
    const orphan = leaveOrphan(world, ended.id)
    const run = await world.run()
    expectRotated(world, run)
    expect(recordOf(run).revoked).toContainEqual({
      id: orphan.id,
      reason: 'orphan',
      at: expect.any(String) as unknown,
      livedSeconds: expect.any(Number) as unknown
    })
  })

  it('keeps a token that no slot holds while its run is at work', async () => {
    const world = await createRotatedScenario()
    const working = world.account.repository.addRun({ status: 'in_progress' })
    const orphan = leaveOrphan(world, working.id)
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(recordOf(run).kept).toEqual([
      { id: orphan.id, reason: expect.stringContaining('may still be running') as unknown }
    ])
    expect(orphan.deletedAt).toBeUndefined()
  })

  it('deletes a token that no slot holds when its run cannot be read but must have ended with its lease', async () => {
    const world = await createRotatedScenario()
    const orphan = leaveOrphan(world, 4_711)
    world.account.githubToken.permissions = { issues: 'write' }
    world.clock.advance(6 * MINUTE)
    expectRecovered(world, await world.run())
    expect(orphan.deletedAt).toBeDefined()
  })

  it('keeps a token that no slot holds when its name states a run that the repository does not have', async () => {
    const world = await createRotatedScenario()
    const orphan = leaveOrphan(world, 4_711)
    world.clock.advance(HOUR)
    const run = await world.run()
    expect(recordOf(run).kept).toEqual([
      { id: orphan.id, reason: expect.stringContaining('has no such run') as unknown }
    ])
    expect(orphan.deletedAt).toBeUndefined()
  })

  it('leaves alone a token whose name states another rotation or none', async () => {
    const world = await createRotatedScenario()
    const ended = world.account.repository.addRun({ status: 'completed' })
    const others = [
      leaveOrphan(world, ended.id, 'rotate/4b147bce/other/token-creation'),
      leaveOrphan(world, ended.id, 'rotate/4b147bce/bootstrap/other'),
      world.sandbox.cloudflare.tokens.seed({
        name: 'rotate/4b147bce/bootstrap/token-creation/by-hand',
        groups: ['Zone Read']
      })
    ]
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(others.map(({ deletedAt }) => deletedAt)).toEqual([undefined, undefined, undefined])
  })

  it('deletes a token that no slot holds in a run that is not due', async () => {
    const configuration = MONTHLY
    const world = createScenario({ ttlMs: 90 * 24 * HOUR })
    await world.run({ configuration })
    world.clock.advance(HOUR)
    const orphan = leaveOrphan(world, world.account.repository.addRun({ status: 'completed' }).id)
    world.clock.advance(HOUR)
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('not-due')
    expect(orphan.deletedAt).toBeDefined()
    expect(world.account.namespace.keys).toEqual([])
  })
})
