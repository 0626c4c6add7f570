import { describe, expect, it } from '@jest/globals'
import type { ServiceFailure } from '../../sandbox/cloudflare/access-applications.ts'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { COMMAND_PROBES, configure, HTTP_PROBE } from '../../simulation/configurations.ts'
import { ACCESS, automationOf } from '../../simulation/world.ts'
import {
  alertText,
  credentialOf,
  expectConsumersSafe,
  expectRolledBack,
  expectRotated,
  failureOf
} from './expectations.ts'
import { accessService, createRotatedScenario } from './scenario.ts'
import { primaryPair, snapshot } from './state.ts'

const SIGNATURES: readonly (readonly [ServiceFailure, string, RegExp])[] = [
  ['access_required', '401 access_required', /Service Auth policy .*admits it/],
  ['token_invalid_signature', '401 token_invalid_signature', /signing keys \(JWKS\)/],
  ['token_claim_mismatch', '401 token_claim_mismatch', /audience \(AUD\)/],
  ['insufficient_scope', '403 insufficient_scope', /more than the token's claims/],
  ['redirect-login', '302 to a login page', /No Service Auth policy applies on this path/],
  ['edge-block', 'error 1010', /firewall, bot or browser-integrity rule/],
  ['block-page', 'a block page', /firewall, bot or browser-integrity rule/],
  ['server-error', '500', /Check the service/],
  ['timed-out', '522', /Check the service/]
]

describe('probe of the new pair fails', () => {
  it.each(SIGNATURES)(
    'restores everything and explains the cause when the service answers the probe with %s',
    async (failure, meaning, hint) => {
      const world = await createRotatedScenario(accessService)
      const { application } = automationOf(world)
      const { clientId } = primaryPair(world)
      application.failure = (caller) => (caller === clientId ? undefined : failure)
      const before = snapshot(world)
      const run = await world.run()

      expectRolledBack(world, run, before)
      expect(failureOf(run)).toMatchObject({
        code: 'probe-failed',
        message: expect.stringContaining(meaning) as unknown,
        hint: expect.stringMatching(hint) as unknown
      })
      expect(alertText(world).replaceAll('\\', '')).toContain(meaning)
      expect(alertText(world).replaceAll('\\', '')).toMatch(hint)
      expect(credentialOf(run).probes.find(({ verdict }) => verdict !== 'passed')).toMatchObject({
        of: 'new',
        detail: expect.stringContaining(meaning) as unknown
      })

      application.failure = undefined
      expectRotated(world, await world.run())
    }
  )

  const SILENCES: readonly (readonly [string, FaultAnswer, string, RegExp])[] = [
    ['DNS', { connection: 'ENOTFOUND' }, 'ENOTFOUND', /DNS record/],
    ['TLS', { connection: 'CERT_HAS_EXPIRED' }, 'CERT_HAS_EXPIRED', /certificate of the host/],
    [
      'a name that the certificate lacks',
      { connection: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      'TLS',
      /certificate/
    ],
    ['a broken connection', { connection: 'ECONNRESET' }, 'ECONNRESET', /network of the runner/],
    ['a time-out', 'hang', 'no answer within 10 s', /longer `timeout`/]
  ]

  it.each(SILENCES)(
    'restores everything and explains the cause when the probe fails because of %s',
    async (_what, answer, meaning, hint) => {
      const world = await createRotatedScenario(accessService)
      const before = snapshot(world)
      world.sandbox.faults.add({ match: { api: 'service', nth: 2, count: Infinity }, when: 'before', answer })
      const run = await world.run()

      expectRolledBack(world, run, before)
      expect(failureOf(run).message).toContain(meaning)
      expect(failureOf(run).hint).toMatch(hint)
      expect(alertText(world)).toContain('What to do')
    }
  )
})

describe('probe that fails at first', () => {
  it('tries a probe again for a stated time, which is in the log', async () => {
    const world = await createRotatedScenario(accessService)
    world.sandbox.faults.add({
      match: { api: 'service', nth: 2, count: 3 },
      when: 'before',
      answer: { status: 503 }
    })
    const run = await world.run()
    expectRotated(world, run)
    expect(run.log.join('\n')).toMatch(/does not pass yet: 503.* Retrying for up to 60 s/)
  })
})

describe('command that fails', () => {
  it('restores everything when a command fails, and records its output', async () => {
    const configuration = configure(ACCESS, {
      credential: {
        verify: [HTTP_PROBE, COMMAND_PROBES[0], { run: 'r2 share worker forget files documents/test.txt' }]
      }
    })
    const world = await createRotatedScenario(accessService)
    const before = snapshot(world)
    const run = await world.run({ configuration })
    expectRolledBack(world, run, before)
    expect(failureOf(run).message).toContain('exit code 127')
    expect(credentialOf(run).probes.at(-1)!.detail).toContain('command not found')
  })

  it('does not run a command before the checks have passed', async () => {
    const world = await createRotatedScenario(accessService)
    const { application, clientId } = automationOf(world)
    application.failure = (caller) => (caller === clientId ? undefined : 'server-error')
    world.sandbox.transcript.clear()
    await world.run()
    expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/shares'))).toEqual([])
    application.failure = undefined
    expectConsumersSafe(world)
  })
})
