import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { MINUTE } from '../../simulation/times.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import { breakCreation } from './alert-mail.ts'
import { createRotatedScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

function comments(world: World): readonly string[] {
  expect(openAlerts(world)).toHaveLength(1)
  return openAlerts(world)[0]!.comments.map(({ body }) => body)
}

describe('open alert', () => {
  it('updates an open alert without a comment while the same failure repeats', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    for (let run = 0; run < 4; run++) {
      await world.run()
      world.clock.advance(10 * MINUTE)
    }
    expect(comments(world)).toEqual([])
    expect(openAlerts(world)[0]!.body).toContain('This is failure number 4')
  })

  it('adds one comment to an open alert when a run can no longer be rolled back', async () => {
    const world = await createRotatedScenario()
    const repair = breakCreation(world)
    await world.run()
    repair()
    world.clock.advance(10 * MINUTE)
    world.sandbox.faults.add({
      match: { method: 'PUT', path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN', count: Infinity },
      when: 'after',
      answer: { status: 502 }
    })
    const worse = await world.run()
    expect(worse.record.outcome).toBe('failed')
    expect(comments(world)).toEqual([
      expect.stringMatching(/^\*\*It got worse\.\*\*[\s\S]*`bootstrap` was rolled back by the previous run/)
    ])
    expect(comments(world)[0]).toContain(`actions/runs/${worse.runId}`)
    expect(openAlerts(world)[0]!.title).toMatch(/^Rotation of bootstrap failed/)
  })

  it('adds one comment to an open alert when consumers begin to fail, and none while they do', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    await world.run()
    const { tokens } = world.sandbox.cloudflare
    for (const slot of ['PRIMARY', 'SECONDARY']) {
      tokens.findByValue(slotsNow(world)[1]![`${slot}_SECRET_EDIT_TOKEN`]!)!.disabled = true
    }
    const store = tokens.seed({ name: 'store', groups: ['Secrets Store Write'] })
    const configuration = configure(BOOTSTRAP, { top: { auth: { secrets: 'STORE_TOKEN' } } })
    for (let run = 0; run < 3; run++) {
      world.clock.advance(10 * MINUTE)
      await world.run({ configuration, env: { ...world.environment(), STORE_TOKEN: store.value } })
    }
    expect(comments(world)).toEqual([expect.stringContaining('Consumers of `bootstrap` fail now.')])
    expect(openAlerts(world)[0]!.title).toBe('Consumers fail now: no slot works of secret-edit of bootstrap')
  })
})
