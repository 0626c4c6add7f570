import { describe, expect, it } from '@jest/globals'
import { ACCESS_CALLS } from '../../simulation/calls.ts'
import { HOUR, MINUTE } from '../../simulation/times.ts'
import { alertText, expectRolledBack, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { accessService, createScenario, type Scenario } from './scenario.ts'
import { aliveTokens, primaryPair, snapshot, tokenOf } from './state.ts'

/** Makes a reusable policy that names only the current service token. */
function addPolicy(world: Scenario) {
  const { policies } = world.sandbox.cloudflare.access
  const rule = { service_token: { token_id: tokenOf(world, primaryPair(world)).id } }
  return policies.create({ name: 'Late', decision: 'non_identity', include: [rule] } as never, {
    reusable: true
  })
}

describe('policy that names only the old service token', () => {
  it('disables nothing and restores everything when the policy was made during the run, and the next run rotates', async () => {
    const world = createScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    let late: ReturnType<typeof addPolicy> | undefined
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'before' || call.operation !== ACCESS_CALLS.createToken || late !== undefined) return
      late = addPolicy(world)
    })
    const before = snapshot(world)
    const run = await world.run()
    stop()

    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run)).toMatchObject({
      code: 'access-policy',
      message: expect.stringMatching(/the old .* is still needed, and was not disabled: "Late"/) as unknown
    })
    expect(snapshot(world).slots).toEqual(before.slots)
    expect(run.log.join('\n')).not.toContain('disabled')
    expect(aliveTokens(world)).toEqual([old])

    expectRotated(world, await world.run())
    const fresh = tokenOf(world, primaryPair(world))
    expect(late?.body.current.include).toEqual([{ service_token: { token_id: fresh.id } }])
  })

  it('re-enables the old pair and puts it back into its rules when Cloudflare does not list the policy', async () => {
    const world = createScenario(accessService)
    const late = addPolicy(world)
    const { policies } = world.sandbox.cloudflare.access
    policies.unlisted.add(late.id)
    const before = snapshot(world)
    const run = await world.run()

    expectRolledBack(world, run, before)
    expect(failureOf(run)).toMatchObject({
      code: 'access-policy',
      message: expect.stringContaining('was disabled and could not be deleted') as unknown
    })
    expect(alertText(world)).toContain('re-enabled')

    policies.unlisted.clear()
    expectRotated(world, await world.run())
  })

  it('keeps the old pair enabled when the rules cannot be read again, and revokes it in the next run', async () => {
    const world = createScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    // The first two reads are those of the plans, without the lock and under it.
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.listPolicies, nth: 3, count: Infinity },
      when: 'before',
      answer: { status: 500, body: {} }
    })
    const run = await world.run()
    world.sandbox.faults.clear()
    expect(rotationOf(run).credentials[0]!.kept[0]!.reason).toContain('every rule admits its successor')
    expect(old.enabled.current).toBe(true)

    expect((await world.run()).record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
  })

  it('re-enables a leftover that an unlisted policy needs, and fails until the policy is changed', async () => {
    const world = createScenario(accessService)
    const old = tokenOf(world, primaryPair(world))
    world.clock.advance(HOUR)
    const queuedAt = world.clock.now() - MINUTE
    const queued = world.account.repository.addRun({ status: 'in_progress', createdAt: queuedAt })
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(old.enabled.current).toBe(true)
    const { policies } = world.sandbox.cloudflare.access
    const late = policies.create(
      {
        name: 'Late',
        decision: 'non_identity',
        include: [{ service_token: { token_id: old.id } }]
      } as never,
      { reusable: true }
    )
    policies.unlisted.add(late.id)
    queued.status = 'completed'
    const rules = snapshot(world).rules
    world.clock.advance(HOUR)
    const run = await world.run()

    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).code).toBe('access-policy')
    expect(old.enabled.current).toBe(true)
    expect(snapshot(world).rules).toBe(rules)

    policies.delete(late)
    expect((await world.run()).record.outcome).toBe('not-due')
    expect(old.deletedAt).toBeDefined()
  })
})
