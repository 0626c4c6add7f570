import { expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { SINGLE_TOKEN } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR } from '../../simulation/times.ts'
import {
  expectConsumersSafe,
  expectRecovered,
  expectUnlocked,
  failureOf,
  madeBy,
  rotationOf
} from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'
import { slotsNow } from './state.ts'

it('keeps the new tokens valid when the old values cannot be restored, raises an alert, and repairs it in the next run', async () => {
  const world = await createRotatedScenario()
  world.sandbox.faults.add({
    match: { method: 'PUT', path: '/secrets/PRIMARY_SECRET_EDIT_TOKEN', count: Infinity },
    when: 'after',
    answer: { status: 502 }
  })
  const run = await world.run()

  expect(run.record.outcome).toBe('failed')
  expect(madeBy(world, run)).toHaveLength(2)
  expect(rotationOf(run).left.join('\n')).toContain(`${madeBy(world, run)[0]!.id} remains valid`)
  expectConsumersSafe(world)
  expectUnlocked(world)
  const [alert] = openAlerts(world)
  expect(alert!.title).toMatch(/^Rotation of bootstrap failed: /)
  for (const { id } of madeBy(world, run)) expect(alert!.body).toContain(id)

  world.sandbox.faults.clear()
  world.clock.advance(HOUR)
  expectRecovered(world, await world.run())
})

it.each(['deleted', 'disabled'] as const)(
  'does not restore to PRIMARY what was %s during the run',
  async (how) => {
    const world = await createRotatedScenario()
    const { tokens } = world.sandbox.cloudflare
    const old = tokens.findByValue(slotsNow(world)[1]!['PRIMARY_SECRET_EDIT_TOKEN']!)!
    world.sandbox.faults.add({
      match: { path: /secrets_store\/.*\/secrets\//, method: 'PATCH', nth: 3, count: Infinity },
      when: 'before',
      answer: { status: 403 }
    })
    world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before' || !isCall('putSecret', /PRIMARY_SECRET_EDIT_TOKEN/)(call)) return
      if (how === 'deleted') tokens.delete(old.id)
      else old.disabled = true
    })
    // What the store's PRIMARY holds is revoked by another process.
    const run = await world.run({ excused: /of secret-edit|for secret-edit/ })

    expect(run.record.outcome).toBe('failed')
    expect(rotationOf(run).left.join('\n')).toContain(`the old ${old.id} was ${how} during this run`)
    const held = slotsNow(world)[1]!['PRIMARY_SECRET_EDIT_TOKEN']!
    expect(madeBy(world, run).map(({ id }) => id)).toContain(tokens.findByValue(held)!.id)
    expect(tokens.works(held)).toBe(true)
  }
)

it('keeps the name that another run gave a token created by hand to mark that it waits to be revoked', async () => {
  const world = createScenario()
  const { tokens } = world.sandbox.cloudflare
  const old = tokens.findByValue(slotsNow(world)[1]!['PRIMARY_SECRET_EDIT_TOKEN']!)!
  const given = old.name
  let retired = ''
  world.sandbox.faults.add({
    match: { operation: CALLS.createToken, count: Infinity },
    when: 'before',
    answer: { status: 400 }
  })
  world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'before' || !isCall('createToken')(call)) return
    retired = `${old.name}~old`
    old.name = retired
  })
  const run = await world.run({ configuration: SINGLE_TOKEN })
  expect(run.record.outcome).toBe('rolled-back')
  expect(retired).toMatch(/^rotate\//)
  expect(old.name).toBe(retired)
  expect(old.name).not.toBe(given)
})

it('restores a token that is re-enabled to the slot only after Cloudflare accepts it', async () => {
  const world = createScenario()
  const { tokens } = world.sandbox.cloudflare
  const before = slotsNow(world)[1]!['PRIMARY_SECRET_EDIT_TOKEN']!
  const old = tokens.findByValue(before)!
  const accepted: boolean[] = []
  world.account.run.status = 'completed'
  world.sandbox.onCall(({ phase, call }) => {
    const switchedOff = old.disabled && call.path.endsWith(old.id)
    if (phase === 'after' && switchedOff) {
      tokens.propagationMs = 5_000
      for (const token of tokens.existing) {
        if (/^rotate\/\w+\/single\/.*\d$/.test(token.name) && token !== old) token.disabled = true
      }
    }
    if (phase === 'before' && tokens.propagationMs > 0 && isCall('putSecret', /PRIMARY/)(call))
      accepted.push(tokens.works(before))
  })
  // Another process disables the successor at the worst moment.
  const run = await world.run({ configuration: SINGLE_TOKEN, excused: /secret-edit/ })
  expect(failureOf(run).message).toContain('its successor stopped working')
  expect(accepted).not.toEqual([])
  expect(new Set(accepted)).toEqual(new Set([true]))
  expect(slotsNow(world)[1]!['PRIMARY_SECRET_EDIT_TOKEN']).toBe(before)
})
