import { describe, expect, it } from '@jest/globals'
import { commandStoreOf, exited, type CommandStore } from '../../simulation/command-stores.ts'
import { CONFIRMED, SINGLE_TOKEN, WRITE_ONLY, alsoAt, configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import type { CommandResult } from '../../src/kernel/command.ts'
import {
  expectConsumersSafe,
  expectPrimaryUntouched,
  expectRecovered,
  expectRolledBack,
  expectRotated,
  expectSlotsWork,
  failureOf,
  rotationOf
} from './expectations.ts'
import { bootstrapPair, createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { slotsNow, snapshot } from './state.ts'

const confirmed = { ...bootstrapPair, configuration: alsoAt(CONFIRMED) } as const
const writeOnly = { ...bootstrapPair, configuration: alsoAt(WRITE_ONLY) } as const
/** The token is due once a day only, so that a run in between shows what makes it due. */
const daily = (destination: object): string =>
  configure(alsoAt({ ...destination }, SINGLE_TOKEN), {
    rotation: { every: '1d' },
    credential: { ttl: '30d' }
  })

const NOTHING = { text: '', cut: false } as const
const TIMED_OUT: CommandResult = { ending: { state: 'timed-out' }, stdout: NOTHING, stderr: NOTHING }

function storeOf({ sandbox }: Scenario): CommandStore {
  return commandStoreOf(sandbox, 'vault')
}

/** Lets `write` store and end like this: its calls from the second one, which promotes, up to the last of those given. */
function failWrites(world: Scenario, result: CommandResult, last = Infinity): void {
  const store = storeOf(world)
  let count = 0
  store.answer = (verb, { secrets }) => {
    if (verb !== 'put' || ++count < 2 || count > last) return undefined
    Object.assign(store.values, secrets)
    return result
  }
}

describe('a destination of type command', () => {
  it.each([
    ['with confirm', confirmed],
    ['without confirm', writeOnly]
  ])('gets every slot in its first rotation and in later ones %s', async (_title, options) => {
    const world = createScenario(options)
    expectRotated(world, await world.run())
    world.clock.advance(HOUR)
    expectRotated(world, await world.run())
    expect(Object.keys(storeOf(world).values)).toHaveLength(4)
  })

  it('gets one JSON document with all secrets of a phase and when they expire, and nothing else', async () => {
    const world = createScenario(confirmed)
    const inputs: object[] = []
    storeOf(world).answer = (verb, input) => {
      if (verb === 'put') inputs.push(input)
      return undefined
    }
    await world.run()
    const names = inputs.map((input) => [
      Object.keys(input),
      Object.keys((input as { secrets: object }).secrets)
    ])
    expect(names).toEqual([
      [
        ['secrets', 'expires'],
        ['SECONDARY_TOKEN_CREATION_TOKEN', 'SECONDARY_SECRET_EDIT_TOKEN']
      ],
      [
        ['secrets', 'expires'],
        ['PRIMARY_TOKEN_CREATION_TOKEN', 'PRIMARY_SECRET_EDIT_TOKEN']
      ]
    ])
    const { expires } = inputs[1] as { expires: Record<string, string> }
    expect(expires['PRIMARY_SECRET_EDIT_TOKEN']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  it.each(['plan', 'check'] as const)('is read and never written by the command %s', async (command) => {
    const world = await createRotatedScenario(confirmed)
    const { ran } = storeOf(world)
    const { put, see } = ran
    await world.run({ command })
    expect(ran.put).toBe(put)
    expect(ran.see).toBeGreaterThan(see)
  })

  it.each([
    ['with confirm', CONFIRMED],
    ['without confirm', WRITE_ONLY]
  ])('does not make a rotation due by itself %s', async (_title, destination) => {
    const world = createScenario({ configuration: daily(destination) })
    expectRotated(world, await world.run())
    world.clock.advance(HOUR)
    expect((await world.run()).record.outcome).toBe('not-due')
  })

  it.each([
    ['is missing', undefined, 'PRIMARY_SECRET_EDIT_TOKEN is missing'],
    [
      'is another one',
      'another-value-of-40-characters-0123456789',
      'holds another value than this run was given'
    ]
  ])('makes a rotation due when confirm shows that a value %s', async (_title, value, message) => {
    const world = createScenario({ configuration: daily(CONFIRMED) })
    await world.run()
    world.clock.advance(HOUR)
    if (value === undefined) delete storeOf(world).values['PRIMARY_SECRET_EDIT_TOKEN']
    else storeOf(world).values['PRIMARY_SECRET_EDIT_TOKEN'] = value
    const check = await world.run({ command: 'check' })
    expect(check.record.outcome).toBe('unhealthy')
    expect(JSON.stringify(check.record)).toContain(message)
    expect((await world.run()).record.outcome).toBe('rotated')
    expectSlotsWork(world)
  })

  it('without confirm is named by a check as information only', async () => {
    const world = await createRotatedScenario(writeOnly)
    const { record } = await world.run({ command: 'check' })
    expect((record.findings ?? []).filter(({ on }) => on === 'Vault')).toMatchObject([
      { severity: 'info', kind: 'no-access' }
    ])
    expect(record.outcome).toBe('healthy')
  })
})

describe('write of a destination of type command', () => {
  it.each([
    [
      'that fails',
      exited(3, { stderr: 'first\nsops: no key for this file\n' }),
      'exit code 3: sops: no key for this file'
    ],
    ['that hangs', TIMED_OUT, '`write` did not end within 120 s']
  ])('%s is undone everywhere, even where it has stored the new value', async (_title, result, message) => {
    const world = await createRotatedScenario(confirmed)
    const before = slotsNow(world)
    failWrites(world, result, 2)
    const run = await world.run()
    expectRolledBack(world, run)
    expectPrimaryUntouched(world, before)
    expect(failureOf(run)).toMatchObject({ code: 'command-failed' })
    expect(failureOf(run).message).toContain(message)
    expect(failureOf(run).message).toContain('Vault: PRIMARY_')
    delete storeOf(world).answer
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('that keeps failing leaves the new credentials valid, since a slot may hold them, and the next run repairs it', async () => {
    const world = await createRotatedScenario(confirmed)
    failWrites(world, exited(1, { stderr: 'locked' }))
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expectConsumersSafe(world)
    expect(rotationOf(run).left.join('\n')).toContain('remains valid, since a PRIMARY slot may hold it')
    delete storeOf(world).answer
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('that prints the secrets it was given shows them nowhere', async () => {
    const world = await createRotatedScenario(confirmed)
    const shown: string[] = []
    storeOf(world).answer = (verb, { secrets }) => {
      if (verb !== 'put') return undefined
      shown.push(...Object.values(secrets ?? {}))
      return exited(1, { stdout: JSON.stringify(secrets), stderr: `+ put ${JSON.stringify(secrets)}` })
    }
    const run = await world.run()
    expect(failureOf(run).message).toContain('***')
    const texts = JSON.stringify([run.record, run.log, world.account.repository.issues])
    expect(shown.length).toBeGreaterThan(0)
    for (const value of shown) expect(texts).not.toContain(value)
  })

  it('that ends with exit code 0 without storing is found by confirm', async () => {
    const world = await createRotatedScenario(confirmed)
    storeOf(world).answer = (verb) => (verb === 'put' ? exited(0) : undefined)
    const run = await world.run()
    expectRolledBack(world, run)
    expect(failureOf(run)).toMatchObject({ code: 'not-confirmed' })
    expect(failureOf(run).message).toMatch(
      /still holds an earlier value, although `write` ended with exit code 0/
    )
  })

  it('that adds a line break to a value is found by confirm, which says how to avoid it', async () => {
    const world = await createRotatedScenario(confirmed)
    const store = storeOf(world)
    store.answer = (verb, { secrets = {} }) => {
      if (verb !== 'put') return undefined
      for (const [name, value] of Object.entries(secrets)) store.values[name] = `${value}\n`
      return exited(0)
    }
    // Consumers there have no working value, as long as the command writes none.
    const run = await world.run({ excused: /at command/ })
    expect(failureOf(run).message).toContain('use `printf %s`, not `echo`')
  })
})

describe('confirm of a destination of type command', () => {
  it.each([
    [
      'that fails',
      exited(2, { stderr: 'no network' }),
      'Vault: `confirm` ended with exit code 2: no network'
    ],
    ['that prints something else', exited(0, { stdout: 'hello\n' }), '`confirm` did not print one line']
  ])('%s stops a run before anything is changed', async (_title, result, message) => {
    const world = await createRotatedScenario(confirmed)
    const before = snapshot(world)
    storeOf(world).answer = (verb) => (verb === 'see' ? result : undefined)
    const run = await world.run()
    expect(failureOf(run).message).toContain(message)
    expect(snapshot(world)).toEqual(before)
  })

  it('that fails after the promotion revokes nothing, and the next run recovers', async () => {
    const world = await createRotatedScenario(confirmed)
    const store = storeOf(world)
    store.answer = (verb) => (verb === 'see' && store.ran.put >= 6 ? exited(2) : undefined)
    const run = await world.run()
    expect(failureOf(run).code).toBe('command-failed')
    expectConsumersSafe(world)
    delete store.answer
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
  })

  it('that finds a value of another writer reports it', async () => {
    const world = await createRotatedScenario(confirmed)
    const store = storeOf(world)
    store.answer = (verb, { secrets }) => {
      if (verb !== 'put' || !('PRIMARY_SECRET_EDIT_TOKEN' in (secrets ?? {}))) return undefined
      Object.assign(store.values, secrets, {
        PRIMARY_SECRET_EDIT_TOKEN: 'somebody-elses-value-0123456789012345678'
      })
      return exited(0)
    }
    const run = await world.run({ excused: /at command/ })
    expect(failureOf(run)).toMatchObject({ code: 'lease-lost' })
  })
})
