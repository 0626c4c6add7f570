import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { CALLS } from '../../simulation/calls.ts'
import { HOUR } from '../../simulation/times.ts'
import { expectRotated, failureOf, rotationOf } from './expectations.ts'
import { createRotatedScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

/** Answers to `GET …/tokens/verify` that do not say that a token is revoked, each from another layer. */
const NO_VERDICTS: readonly (readonly [string, FaultAnswer])[] = [
  ['a block page', { page: 'block' }],
  ['a challenge', { page: 'challenge' }],
  ['a 401 page of a proxy', { page: 'proxy-401' }],
  ['a 403 page of a proxy', { page: 'proxy-403' }],
  ['JSON with 401 that is not an envelope', { page: 'json-401' }],
  ['an IP filter, 403/9109', { refusal: { status: 403, code: 9109 } }],
  ['a missing permission, 403/10000', { refusal: { status: 403, code: 10000 } }],
  ['an authentication error, 401/10000', { refusal: { status: 401, code: 10000 } }]
]

const REFUSED: FaultAnswer = { refusal: { status: 401, code: 1000, message: 'Invalid API Token' } }

/** The tokens that PRIMARY holds now, at GitHub. */
function primaries(world: Scenario) {
  const values = slotsNow(world)[1]!
  return ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'].map((name) =>
    world.sandbox.cloudflare.tokens.findByValue(values[`PRIMARY_${name}`]!)!
  )
}

function answerVerify(
  world: Scenario,
  answer: FaultAnswer,
  { nth = 1, count }: { nth?: number; count: number }
) {
  world.sandbox.faults.add({ match: { operation: CALLS.verifyToken, nth, count }, when: 'before', answer })
}

describe('PRIMARY that was active a moment ago', () => {
  it.each(NO_VERDICTS)('does not revoke PRIMARY for %s, however often it comes', async (_what, answer) => {
    const world = await createRotatedScenario()
    const before = primaries(world)
    answerVerify(world, answer, { count: 12 })
    await world.run()
    expect(before.map(({ deletedAt, disabled }) => [deletedAt, disabled])).toEqual(
      before.map(() => [undefined, false])
    )
  })

  it('accepts PRIMARY when Cloudflare refuses it once and accepts it two seconds later', async () => {
    const world = await createRotatedScenario()
    const before = primaries(world)
    answerVerify(world, REFUSED, { count: 1 })
    expectRotated(world, await world.run())
    expect(slotsNow(world)[1]!['SECONDARY_TOKEN_CREATION_TOKEN']).toBe(before[0]!.value)
  })

  it('keeps PRIMARY, with the reason, when Cloudflare refuses it twice but lists it as active, and works with SECONDARY', async () => {
    const world = await createRotatedScenario()
    const [creation] = primaries(world)
    refuseValue(world, creation!.value)
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(creation!.deletedAt).toBeUndefined()
    expect(rotationOf(run).reason.join()).toContain('could not be read')
    expect(rotationOf(run).credentials[0]!.kept).toEqual([
      { id: creation!.id, reason: expect.stringContaining('PRIMARY may hold it') as unknown }
    ])

    world.sandbox.faults.clear()
    world.clock.advance(HOUR)
    expectRotated(world, await world.run())
    expect(creation!.deletedAt).toBeDefined()
  })

  it('fails when PRIMARY is refused and no SECONDARY works', async () => {
    const world = await createRotatedScenario()
    const [creation] = primaries(world)
    const secondary = slotsNow(world)[1]!['SECONDARY_TOKEN_CREATION_TOKEN']!
    refuseValue(world, creation!.value)
    refuseValue(world, secondary)
    const before = slotsNow(world)
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).message).toContain(`lists ${creation!.id}, which PRIMARY may hold, as active`)
    expect(failureOf(run).hint).toContain('$PRIMARY_TOKEN_CREATION_TOKEN')
    expect(slotsNow(world)).toEqual(before)
  })

  it('replaces a PRIMARY that was deleted by hand and keeps nothing', async () => {
    const world = await createRotatedScenario()
    const [creation] = primaries(world)
    world.sandbox.cloudflare.tokens.delete(creation!.id)
    const run = await world.run()
    expectRotated(world, run)
    expect(rotationOf(run).reason.join()).toContain('PRIMARY does not work')
    expect(rotationOf(run).credentials.flatMap(({ kept }) => kept)).toEqual([])
  })
})

/** Whatever is asked with a value is answered as if Cloudflare did not know it. */
function refuseValue(world: Scenario, value: string): void {
  world.sandbox.faults.add({
    match: { operation: CALLS.verifyToken, bearer: value, count: Infinity },
    when: 'before',
    answer: REFUSED
  })
}
