import { describe, expect, it } from '@jest/globals'
import { readLiveOptions, readRequest, Refused } from '../../assumptions/arguments.ts'
import { assumptions } from '../../assumptions/areas.ts'
import { AS_ASSUMED, type Assumption } from '../../assumptions/assumption.ts'
import { createSandboxAccount } from '../../assumptions/sandbox-account.ts'
import { formatEnd, formatTrial } from '../../assumptions/table.ts'
import { tryAll } from '../../assumptions/try-all.ts'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { leftoversOf, createAccount } from './world.ts'

const createWorld = () => createSandboxAccount({ clock: createVirtualClock(), random: seededRandom(3) })
const named = (...ids: readonly string[]): readonly Assumption[] =>
  assumptions.filter(({ id }) => ids.includes(id))

it('meets every assumption on the sandbox, and removes everything that was created', async () => {
  const world = createWorld()
  const before = leftoversOf(world)
  const { trials, left } = await tryAll(createAccount(world), assumptions)
  expect(
    trials
      .filter(({ state }) => state !== 'as assumed')
      .map(({ assumption, state, detail }) => `${assumption.id}: ${state}: ${detail}`)
  ).toEqual([])
  expect(left).toEqual([])
  expect(leftoversOf(world)).toEqual(before)
})

it('gives every assumption its own id and a sentence', () => {
  expect(new Set(assumptions.map(({ id }) => id)).size).toBe(assumptions.length)
  expect(assumptions.filter(({ says }) => !says.endsWith('.'))).toEqual([])
  expect(assumptions.length).toBeGreaterThanOrEqual(60)
})

describe('platform that differs from an assumption', () => {
  it('reports a different answer with its status and code', async () => {
    const world = createWorld()
    world.sandbox.cloudflare.invalidTokenAnswer = 'unauthorized'
    world.sandbox.faults.add({
      match: { path: '/tokens/verify', count: Infinity },
      when: 'before',
      answer: { status: 403, body: { success: false, errors: [{ code: 9109, message: 'no' }] } }
    })
    const { trials } = await tryAll(createAccount(world), named('tokens/verify-unknown'))
    expect(trials).toMatchObject([{ state: 'otherwise', detail: 'answered 403 with code 9109' }])
  })

  it('skips an assumption with a reason when the token lacks the permission', async () => {
    const world = createWorld()
    const { value } = world.sandbox.cloudflare.tokens.seed({ name: 'weak', groups: ['D1 Read'] })
    const weak = { ...world, options: { ...world.options, cloudflareToken: value } }
    const { trials } = await tryAll(createAccount(weak), named('access/create'))
    expect(trials).toMatchObject([
      {
        state: 'not tried',
        detail: 'Creating an Access service token was answered with 403 with code 10000'
      }
    ])
  })
})

describe('assumptions cleanup', () => {
  it.each([
    ['tokens/create', '/tokens'],
    ['access/create', '/access/service_tokens'],
    ['store/create', '/secrets'],
    ['policies/names-by-uuid', '/access/policies']
  ])('removes what %s created although the answer to its creation was lost', async (id, path) => {
    const world = createWorld()
    const before = leftoversOf(world)
    world.sandbox.faults.add({ match: { method: 'POST', path }, when: 'after', answer: 'drop' })
    const { trials, left } = await tryAll(createAccount(world), named(id))
    expect(trials).toMatchObject([{ state: 'otherwise' }])
    expect(left).toEqual([])
    expect(leftoversOf(world)).toEqual(before)
  })

  it('names what cannot be removed, and removes the rest', async () => {
    const world = createWorld()
    const before = leftoversOf(world)
    world.sandbox.faults.add({
      match: { method: 'DELETE', path: /service_tokens/, count: Infinity },
      when: 'before',
      answer: { status: 500 }
    })
    const trials = await tryAll(createAccount(world), named('access/create', 'store/create'))
    expect(trials.left).toEqual([expect.stringMatching(/^Access service token rotate-assumption-\w{8}$/)])
    const kept = leftoversOf(world).filter((name) => !before.includes(name))
    expect(kept).toEqual([trials.left[0]!.replace('Access service token ', '')])
    expect(formatEnd(trials)).toBe(
      `2 as assumed, 0 otherwise, 0 not tried.\nCould not be removed; remove it by hand:\n  ${trials.left[0]!}`
    )
  })
})

describe('assumptions command', () => {
  it('asks in one sentence for each variable that --live lacks', () => {
    expect(() => readLiveOptions({ GITHUB_TOKEN: 'x', CLOUDFLARE_ACCOUNT_ID: '' })).toThrow(
      new Refused([
        'Set CLOUDFLARE_API_TOKEN for --live: an account API token that may write what the assumptions make.',
        'Set CLOUDFLARE_ACCOUNT_ID for --live: the id of the account that is tried.',
        'Set GITHUB_REPOSITORY for --live: the repository that is tried, as owner/name.'
      ])
    )
  })

  it('accepts --live and --only, and refuses other options', () => {
    expect(readRequest(['--live', '--only', 'kv/'])).toEqual({ isLive: true, only: 'kv/' })
    expect(() => readRequest(['--alive'])).toThrow('--alive is not an option')
  })

  it('prints a line for each assumption with its source and the difference', () => {
    const [assumption] = named('kv/ttl')
    const line = 'as assumed  [DOC]  kv/ttl    expiration_ttl is at least 60: 59 is refused, 60 is accepted.'
    expect(formatTrial({ assumption: assumption!, state: AS_ASSUMED, detail: '' }, 8)).toBe(line)
    expect(formatTrial({ assumption: assumption!, state: 'otherwise', detail: 'took 59 seconds' }, 8)).toBe(
      'otherwise   [DOC]  kv/ttl    expiration_ttl is at least 60: 59 is refused, 60 is accepted.\n                   took 59 seconds'
    )
  })
})
