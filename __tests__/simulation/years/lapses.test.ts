import { beforeEach, describe, expect, it } from '@jest/globals'
import { BOOTSTRAP, createWorld, type World } from '../../../simulation/world.ts'
import { HOUR, MINUTE } from '../../../simulation/times.ts'
import { divideLapses } from '../../../simulation/years/lapsed-minutes.ts'
import { LapseWatch } from '../../../simulation/years/lapses.ts'

const SECRET = 'PRIMARY_SECRET_EDIT_TOKEN'
const FALLBACK = 'SECONDARY_SECRET_EDIT_TOKEN'

describe('the watch for lapses', () => {
  let world: World
  let watch: LapseWatch
  let start: number

  beforeEach(() => {
    world = createWorld({ ttlMs: 2 * HOUR, withStoredSecrets: true })
    start = world.clock.now()
    watch = new LapseWatch(world, BOOTSTRAP)
  })

  it('measures from the instant at which the last slot ends to the one at which another works', () => {
    world.clock.advance(5 * HOUR)
    for (const name of ['PRIMARY_TOKEN_CREATION_TOKEN', SECRET]) put(name, HOUR)
    watch.look()
    world.clock.advance(30 * MINUTE)
    watch.look()
    expect(watch.lapses).toEqual([{ from: start + 2 * HOUR, until: start + 5 * HOUR }])
    expect(watch.worksUntil).toBe(start + 6 * HOUR)
  })

  it('counts SECONDARY as a working slot', () => {
    world.clock.advance(HOUR)
    put('SECONDARY_TOKEN_CREATION_TOKEN', 4 * HOUR)
    put(FALLBACK, 4 * HOUR)
    watch.look()
    expect(watch.worksUntil).toBe(start + 5 * HOUR)
  })

  it('counts a credential that works at one destination only as lapsed', () => {
    world.clock.advance(HOUR)
    const { value } = world.sandbox.cloudflare.tokens.seed({ name: 'new', groups: [], ttlMs: 9 * HOUR })
    world.account.repository.environment('rotation').put(SECRET, value)
    watch.look()
    expect(watch.worksUntil).toBe(start + 2 * HOUR)
  })

  it('counts a token that was deleted as lapsed at once, and sees a call that fixes it', async () => {
    world.clock.advance(HOUR)
    world.sandbox.cloudflare.tokens.delete(world.account.secretEdit.id)
    watch.look()
    world.clock.advance(10 * MINUTE)
    put(SECRET, HOUR)
    await world.sandbox.fetch('https://api.github.com/repos/octo-org/ops/issues', {
      method: 'POST',
      headers: { authorization: `Bearer ${world.account.githubToken.value}` },
      body: JSON.stringify({ title: 'any call that changes something' })
    })
    world.clock.advance(MINUTE)
    watch.look()
    expect(watch.lapses).toEqual([{ from: start + HOUR, until: start + HOUR + 10 * MINUTE }])
  })

  /** Puts a new token into a slot at both destinations. */
  function put(name: string, ttlMs: number): void {
    const { tokens, secretsStores } = world.sandbox.cloudflare
    const { value } = tokens.seed({ name: 'new', groups: ['Secrets Store Write'], ttlMs })
    world.account.repository.environment('rotation').put(name, value)
    const { store } = world.account
    const stored = [...store.secrets.values()].find((one) => one.name === name)
    if (stored === undefined) secretsStores.create(store, [{ name, value, scopes: ['workers'] }])
    else secretsStores.edit(stored, { value })
  }
})

describe('lapsed minutes', () => {
  const outages = {
    github: [{ from: 10 * HOUR, until: 14 * HOUR }],
    cloudflare: [{ from: 12 * HOUR, until: 15 * HOUR }]
  }

  it.each([
    ['in an outage', 11, 13, { inOutages: 120, afterOutages: 0, otherwise: 0 }],
    ['in two outages at once, and after them', 11, 17, { inOutages: 240, afterOutages: 120, otherwise: 0 }],
    ['within an hour after an outage', 15.5, 16, { inOutages: 0, afterOutages: 30, otherwise: 0 }],
    ['before an outage and in it', 9, 11, { inOutages: 60, afterOutages: 0, otherwise: 60 }],
    ['at another time', 20, 21, { inOutages: 0, afterOutages: 0, otherwise: 60 }]
  ])('are told apart: %s', (_what, from, until, expected) => {
    expect(divideLapses([{ from: from * HOUR, until: until * HOUR }], outages)).toEqual(expected)
  })
})
