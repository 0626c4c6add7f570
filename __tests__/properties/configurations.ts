import { beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import * as v from 'valibot'
import { parse, stringify } from 'yaml'
import { findMissingValues, findWarnings, parseConfiguration } from '../../src/compose/configuration.ts'
import type { Configuration } from '../../src/config/configuration.ts'
import { accessServiceTokenKind } from '../../src/credentials/access-service-token-kind.ts'
import { accountTokenKind } from '../../src/credentials/account-token-kind.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { watchSlots } from '../../simulation/invariants.ts'
import { isOfKind } from '../../simulation/is-of-kind.ts'
import { createWorld, type World } from '../../simulation/world.ts'
import { bounded, type Share } from './bounds.ts'
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

/** Parses a configuration; undefined when it is refused with bad-configuration. Throws every other error. */
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

/** Expects a complete configuration that stays the same when it is written and read again. */
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

/** Calls that changed something. */
function changesIn({ sandbox }: World): readonly string[] {
  return sandbox.transcript.calls
    .filter(({ method, applied }) => applied && method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`)
}

/** Defines the tests of configurations that are drawn. */
export function testDrawnConfigurations(share: Share): void {
  beforeAll(useFakeSealing)

  describe('parseConfiguration', () => {
    it.each([
      ['any bytes', anyBytes, 400],
      ['any YAML', anyYaml, 400],
      ['valid configurations with wrong values', mutatedTree, 300],
      ['valid configurations with damaged text', mutatedText, 400],
      ['valid configurations with alternative values', otherTree, 100]
    ] as const)(
      'refuses with bad-configuration, or parses completely: %s',
      (_what, arbitrary, runs) => {
        fc.assert(
          fc.property(arbitrary, (text) => {
            const configuration = read(text)
            if (configuration !== undefined) expectSound(text, configuration)
          }),
          bounded(runs, share)
        )
        expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
      },
      bounded(1, share).numRuns * 60_000
    )
  })

  it(
    'writes nothing with a refused configuration, and keeps a credential for every consumer with an accepted one',
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
          expect(watch.violations.filter(({ mixed }) => mixed !== true)).toEqual([])
        }),
        bounded(100, share)
      )
      const { numRuns } = bounded(100, share)
      expect(seen.refused).toBeGreaterThan(numRuns / 5)
      expect(seen.accepted).toBeGreaterThan(numRuns / 10)
      expect(seen.missing).toBeGreaterThan(0)
    },
    bounded(1, share).numRuns * 60_000
  )
}

/** Defines the tests of configurations that are written down. */
export function testWrittenConfigurations(): void {
  describe('parseConfiguration', () => {
    it.each(Object.entries(HARD))(
      'refuses with bad-configuration, or parses completely: %s',
      (_what, text) => {
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMIT)
        const configuration = read(text)
        if (configuration !== undefined) expectSound(text, configuration)
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
      },
      20_000
    )

    it('refuses or parses completely every valid configuration with one alternative value', () => {
      for (const text of OTHER) {
        const configuration = read(text)
        if (configuration !== undefined) expectSound(text, configuration)
      }
    })

    it('accepts every valid configuration', () => {
      for (const text of RIGHT) expectSound(text, parseConfiguration(text, 'rotation.yml'))
    })
  })
}
