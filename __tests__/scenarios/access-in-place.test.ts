import { describe, expect, it } from '@jest/globals'
import { ACCESS_CALLS, isAccessCall, isProbe } from '../../simulation/calls.ts'
import { IN_PLACE } from '../../simulation/configurations.ts'
import { crashDuring } from '../../simulation/crash.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY, HOUR, LEASE, MINUTE } from '../../simulation/times.ts'
import type { World } from '../../simulation/world.ts'
import { automationOf } from '../../simulation/world.ts'
import { alertText, credentialOf, expectConsumersSafe, expectRotated, rotationOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario } from './scenario.ts'
import { primaryPair, rulesNow, tokenOf } from './state.ts'

const inPlace = { ...accessService, configuration: IN_PLACE }
/** A secret that was lost takes the place of the previous one, which a run that rotates again ends therefore. */
const again = { excused: /I1.*\/rotate$/ }

function secretWorks(
  { sandbox }: World,
  { clientId, clientSecret }: { clientId: string; clientSecret: string }
) {
  return sandbox.cloudflare.access.serviceTokens.works(clientId, clientSecret)
}

describe('strategy rotate', () => {
  it('keeps the client id and every rule, and ends the previous secret as soon as the new one is confirmed', async () => {
    const world = createScenario(inPlace)
    const before = primaryPair(world)
    const rules = rulesNow(world)
    const run = await world.run()

    expectRotated(world, run)
    expect(primaryPair(world).clientId).toBe(before.clientId)
    expect(primaryPair(world).clientSecret).not.toBe(before.clientSecret)
    expect(secretWorks(world, before)).toBe(false)
    expect(rulesNow(world)).toBe(rules)
    const touched = world.sandbox.transcript.calls.filter(({ path }) =>
      /access\/(policies|groups|apps)/.test(path)
    )
    expect(touched).toEqual([])
    expect(credentialOf(run).probes.map(({ of }) => of)).toEqual(['new', 'new', 'new', 'new-after', 'old'])
  })

  it('keeps the previous secret valid until the new one is confirmed', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    const works: boolean[] = []
    world.sandbox.onCall(({ phase, call }) => {
      if (phase === 'before' && isAccessCall('putSecret')(call)) works.push(secretWorks(world, before))
    })
    expectRotated(world, await world.run())
    expect(works).toEqual([true, true])
  })

  it('keeps the previous secret valid for the grace while a workflow run may hold it', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    world.account.repository.addRun({ createdAt: world.clock.now() - MINUTE })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(secretWorks(world, before)).toBe(true)
    world.clock.advance(23 * HOUR)
    expect(secretWorks(world, before)).toBe(true)
    world.clock.advance(2 * HOUR)
    expect(secretWorks(world, before)).toBe(false)
    expectConsumersSafe(world)
  })

  it('is not due right after a rotation in place', async () => {
    const world = createScenario(inPlace)
    await world.run()
    const pair = primaryPair(world)
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
    expect(primaryPair(world)).toEqual(pair)
  })
})

describe('strategy rotate whose new secret cannot be promoted', () => {
  it('extends the grace when a new secret cannot be promoted, reports the state, and rotates again although it is not due', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    const { application } = automationOf(world)
    application.failure = () => (tokenOf(world, before).secretVersion > 2 ? 'insufficient_scope' : undefined)
    const run = await world.run()

    expect(run.record.outcome).toBe('failed')
    expect(primaryPair(world)).toEqual(before)
    expect(secretWorks(world, before)).toBe(true)
    expect(rotationOf(run).left.join()).toMatch(
      /newest secret .* is lost, and the previous one works until 2026-03-0/
    )
    expect(alertText(world)).toContain('is lost')
    world.clock.advance(25 * DAY)
    expect(secretWorks(world, before)).toBe(true)

    application.failure = undefined
    const next = await world.run(again)
    expect(next.record.outcome).toBe('rotated')
    expectConsumersSafe(world)
    expect(openAlerts(world)).toEqual([])
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
  })

  it('restores a half-written pair after the grace was extended', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    world.sandbox.faults.add({
      match: { method: 'PUT', path: /CLIENT_ID$/ },
      when: 'before',
      answer: { status: 403 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(primaryPair(world)).toEqual(before)
    expect(secretWorks(world, before)).toBe(true)
  })

  it('keeps the previous secret when the answer to the rotation in place was lost', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.rotateToken },
      when: 'after',
      answer: 'drop'
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(secretWorks(world, before)).toBe(true)
    expect(primaryPair(world)).toEqual(before)
    expect((await world.run(again)).record.outcome).toBe('rotated')
  })

  it('changes nothing when Cloudflare refuses the rotation in place', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    world.sandbox.faults.add({
      match: { operation: ACCESS_CALLS.rotateToken },
      when: 'before',
      answer: { status: 400 }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expect(primaryPair(world)).toEqual(before)
    expect(secretWorks(world, before)).toBe(true)
    world.clock.advance(HOUR)
    expect((await world.run()).record.outcome).toBe('rotated')
  })
})

describe('strategy rotate in a process that is killed', () => {
  it.each([
    ['before it rotated', { at: isAccessCall('rotateToken'), when: 'before' }],
    ['after it rotated', { at: isAccessCall('rotateToken'), when: 'after' }],
    ['while it verified', { at: isProbe, nth: 2, when: 'before' }],
    ['when it had written the client id', { at: isAccessCall('putSecret', /CLIENT_ID$/), when: 'after' }],
    ['when it had written both', { at: isAccessCall('listSecrets'), nth: 2, when: 'before' }]
  ] as const)(
    'repairs a rotation in place that was killed %s, within the grace, although it is not due',
    async (_moment, death) => {
      const world = await createRotatedScenario(inPlace)
      const revive = crashDuring(world, death)
      await world.run()
      revive()
      expectConsumersSafe(world)

      world.clock.advance(LEASE)
      const run = await world.run(again)
      expect(['rotated', 'not-due']).toContain(run.record.outcome)
      expectConsumersSafe(world)
      const { secrets } = automationOf(world).serviceToken
      expect(primaryPair(world).clientSecret).toBe(secrets.current)
    }
  )
})

describe('strategy rotate that is cancelled', () => {
  it.each([
    ['when the new secret has just been made', isAccessCall('rotateToken')],
    ['while it is proven', isProbe]
  ])(
    'writes the new secret although it is cancelled %s, since it cannot be read again',
    async (_when, at) => {
      const world = await createRotatedScenario(inPlace)
      const before = primaryPair(world)
      const controller = new AbortController()
      let rotated = false
      world.sandbox.onCall(({ phase, call }) => {
        if (phase === 'before') return
        rotated ||= isAccessCall('rotateToken')(call)
        if (rotated && at(call)) controller.abort()
      })
      expectRotated(world, await world.run({ cancelled: controller.signal }))
      expect(primaryPair(world)).not.toEqual(before)
    }
  )

  it('keeps the previous secret when it is cancelled while the new one is not accepted yet', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    const controller = new AbortController()
    world.sandbox.cloudflare.access.delays.newSecretsMs = 20_000
    world.sandbox.onCall(({ call }) => {
      if (isAccessCall('rotateToken')(call)) controller.abort()
    })
    const run = await world.run({ cancelled: controller.signal })
    expect(run.record.outcome).toBe('failed')
    expect(primaryPair(world)).toEqual(before)
    expect(secretWorks(world, before)).toBe(true)
  })
})

describe('strategy rotate when the new secret stops working as the previous one ends', () => {
  it('makes the previous secret valid again and restores it when the new one stops working', async () => {
    const world = await createRotatedScenario(inPlace)
    const before = primaryPair(world)
    const { application } = automationOf(world)
    application.failure = () => (secretWorks(world, before) ? undefined : 'access_required')
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(primaryPair(world)).toEqual(before)
    expect(secretWorks(world, before)).toBe(true)
    expect(openAlerts(world)).toHaveLength(1)
  })
})

describe('strategy rotate that an earlier strategy left an old token to', () => {
  it.each([
    ['a rotation', true],
    ['a run that is not due', false]
  ])('deletes the old token in %s', async (_when, isDue) => {
    const world = isDue ? await createRotatedScenario(inPlace) : createScenario(inPlace)
    if (!isDue) await world.run()
    const [own] = world.sandbox.cloudflare.access.serviceTokens.existing.filter(({ name }) =>
      name.startsWith('rotate/')
    )
    const left = world.sandbox.cloudflare.access.serviceTokens.create({ name: `${own?.name ?? ''}~old` })
    world.clock.advance(MINUTE)
    const run = await world.run()
    expect(run.record.outcome).toBe(isDue ? 'rotated' : 'not-due')
    expect(world.sandbox.cloudflare.access.serviceTokens.exists(left.id)).toBe(false)
    expect(credentialOf(run).revoked.map(({ id }) => id)).toContain(left.id)
    expectConsumersSafe(world)
  })
})
