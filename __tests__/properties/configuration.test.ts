import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import * as v from 'valibot'
import { parse, stringify } from 'yaml'
import { findMissingValues, findWarnings, parseConfiguration } from '../../src/compose/configuration.ts'
import type { Configuration } from '../../src/config/configuration.ts'
import { accessServiceTokenKind } from '../../src/credentials/access-service-token-kind.ts'
import { accountTokenKind } from '../../src/credentials/account-token-kind.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { sealCheaply } from '../../simulation/cheap-sealing.ts'
import { watchSlots } from '../../simulation/invariants.ts'
import { isOfKind } from '../../simulation/is-of-kind.ts'
import { createWorld, type World } from '../../simulation/world.ts'
import { bounded } from './bounds.ts'
import {
  HARD,
  LIMIT,
  OTHER,
  RIGHT,
  anyBytes,
  anyYaml,
  mutatedText,
  mutatedTree,
  otherTree
} from './hostile-configurations.ts'

beforeAll(sealCheaply)

/** A configuration, or undefined where it is refused as it must be; anything else that is thrown is passed on. */
function read(text: string): Configuration | undefined {
  try {
    return parseConfiguration(text, 'rotation.yml')
  } catch (thrown) {
    if (thrown instanceof RotationError && thrown.code === 'bad-configuration') {
      expect(thrown.message.length).toBeLessThan(2 * LIMIT)
      expect(thrown.hint).toBeDefined()
      return undefined
    }
    throw thrown
  }
}

const withTimeout = v.looseObject({ http: v.looseObject({ timeout: v.number() }) })

/** What is accepted is complete, and the same once it was written and read again. */
function expectSound(text: string, configuration: Configuration): void {
  const durations = [
    configuration.lock.ttl,
    ...configuration.rotations.flatMap(({ every, credentials }) => [
      ...(every === undefined ? [] : [every]),
      ...credentials.flatMap((credential) => [
        ...(isOfKind(accountTokenKind, credential) ? [credential.ttl] : []),
        ...(isOfKind(accessServiceTokenKind, credential) ? [credential.grace] : []),
        ...credential.verify.flatMap((probe) => (v.is(withTimeout, probe) ? [probe.http.timeout] : []))
      ])
    ])
  ]
  for (const duration of durations) {
    expect(typeof duration).toBe('number')
    expect(duration > 0 && Number.isFinite(duration)).toBe(true)
  }
  for (const { name, credentials, destinations } of configuration.rotations) {
    expect(name).toMatch(/^[a-z0-9][a-z0-9-]{0,31}$/)
    expect(destinations.length).toBeGreaterThan(0)
    for (const credential of credentials) {
      expect(credential.name).toMatch(/^[a-z0-9][a-z0-9-]{0,31}$/)
      for (const slots of Object.values(credential.secrets)) {
        for (const secret of [slots.primary, slots.secondary ?? slots.primary])
          expect(secret).toMatch(/^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/)
      }
    }
  }
  expect(configuration['account-id']).toMatch(/^[0-9a-f]{32}$/)
  expect(parseConfiguration(stringify(parse(text)), 'again')).toEqual(configuration)
  expect(findWarnings(configuration, { repository: 'octo-org/ops', event: 'schedule' })).toBeDefined()
}

describe('parseConfiguration refuses what it can not use with bad-configuration, and accepts nothing but what is sound', () => {
  it.each([
    ['any bytes', anyBytes, 400],
    ['any YAML', anyYaml, 400],
    ['right configurations with wrong places', mutatedTree, 300],
    ['right configurations with wrong text', mutatedText, 400],
    ['configurations that say something else here and there', otherTree, 100]
  ] as const)(
    '%s',
    (_what, arbitrary, runs) => {
      fc.assert(
        fc.property(arbitrary, (text) => {
          const configuration = read(text)
          if (configuration !== undefined) expectSound(text, configuration)
        }),
        bounded(runs)
      )
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    },
    bounded(1).numRuns * 60_000
  )

  it.each(Object.entries(HARD))(
    '%s',
    (_what, text) => {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMIT)
      const configuration = read(text)
      if (configuration !== undefined) expectSound(text, configuration)
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    },
    20_000
  )

  it('configurations that say something else in one place', () => {
    for (const text of OTHER) {
      const configuration = read(text)
      if (configuration !== undefined) expectSound(text, configuration)
    }
  })

  it('and what is right is accepted', () => {
    for (const text of RIGHT) expectSound(text, parseConfiguration(text, 'rotation.yml'))
  })
})

/** Calls that changed something, but for the lock and the alert. */
function changesIn({ sandbox }: World): readonly string[] {
  return sandbox.transcript.calls
    .filter(({ method, applied }) => applied && method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`)
}

it(
  'a wrong configuration never leads to a write, and one that is accepted never to a consumer without a credential',
  async () => {
    const seen = { refused: 0, accepted: 0, missing: 0 }
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutatedTree, mutatedText, otherTree, otherTree), async (text) => {
        const world = createWorld({ access: true, withStoredSecrets: true })
        const configuration = read(text)
        if (configuration === undefined) {
          seen.refused += 1
          await expect(world.run({ configuration: text })).rejects.toMatchObject({
            code: 'bad-configuration'
          })
          expect(world.sandbox.transcript.length).toBe(0)
          return
        }
        seen.accepted += 1
        const env = world.environment()
        const missing = findMissingValues(configuration, configuration.rotations, (name) => env[name])
        const watch = watchSlots(world, text)
        watch.begin()
        const { record } = await world.run({ configuration: text })
        const codes = [record.error, ...record.rotations.map(({ error }) => error)].map((one) => one?.code)
        expect(codes).not.toContain('internal')
        if (missing.length > 0) seen.missing += 1
        if (missing.length > 0)
          expect(changesIn(world).filter((call) => !/\/(issues|labels)/.test(call))).toEqual([])
        expect(watch.broken.filter(({ mixed }) => mixed !== true)).toEqual([])
      }),
      bounded(100)
    )
    expect(seen.refused).toBeGreaterThan(8)
    expect(seen.accepted).toBeGreaterThan(4)
    expect(seen.missing).toBeGreaterThan(0)
  },
  bounded(1).numRuns * 60_000
)
