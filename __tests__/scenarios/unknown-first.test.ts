import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { UNKNOWN } from '../../simulation/unknown.ts'
import { credentialOf, expectNothingWritten, expectRotated, failureOf, rotationOf } from './expectations.ts'
import { managedTokens } from './state.ts'
import { createFromNothing, createUnknownScenario } from './unknown-scenario.ts'

describe('first rotation of a token whose value the run is not given', () => {
  it('copies the permissions of the token that `adopt` names, and revokes that one at the end', async () => {
    const { world, rotate } = createUnknownScenario()
    const { id } = world.account.secretEdit
    const run = await rotate()

    expectRotated(world, run)
    const { old, new: made, revoked, probes } = credentialOf(run)
    expect(old?.id).toBe(id)
    expect(revoked).toMatchObject([{ id, reason: 'replaced' }])
    expect(made?.name).toMatch(/-\d+\.1$/)
    expect(managedTokens(world).map(({ name }) => name)).toEqual([made?.name])
    expect(probes.filter(({ of }) => of === 'old')).toEqual([
      {
        of: 'old',
        label: `id ${id}`,
        verdict: 'inconclusive',
        detail: 'not tried, since the run is not given its value: Cloudflare has no such object any longer'
      }
    ])
    expect(rotationOf(run).warnings).toEqual([])
  })

  it('is due again after the interval, and ignores that the adopted token is gone', async () => {
    const { world, rotate } = createUnknownScenario()
    await rotate()
    expect((await rotate()).record.outcome).toBe('not-due')
    world.clock.advance(HOUR)
    expectRotated(world, await rotate())
  })

  it('takes stated permissions where nothing is adopted, and leaves the token that was made by hand alone', async () => {
    const { world, rotate } = createFromNothing()
    const run = await rotate()
    expectRotated(world, run)
    expect(rotationOf(run).reason.join()).toContain('the first rotation creates the first one')
    expect(credentialOf(run).revoked).toEqual([])
    expect(world.account.secretEdit.deletedAt).toBeUndefined()
  })

  it('is refused before anything is written without permissions and without a token to adopt', async () => {
    const { world, rotate } = createUnknownScenario(configure(UNKNOWN, { credential: { adopt: undefined } }))
    const run = await rotate()
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({
      code: 'missing-value',
      hint: expect.stringContaining('with `adopt`') as unknown
    })
  })

  it('is refused before anything is written where `adopt` names no token', async () => {
    const { world, rotate } = createUnknownScenario(
      configure(UNKNOWN, { credential: { adopt: 'e'.repeat(32) } })
    )
    const run = await rotate()
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({
      code: 'bad-input',
      message: `secret-edit: \`adopt\` names ${'e'.repeat(32)}, and Cloudflare lists no account-token with that id.`
    })
    const check = await rotate({ command: 'check' })
    expect(check.record.findings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('lists no account-token with that id')
    )
  })

  it.each([
    [
      'another rotation',
      /^rotate\/(\w+)\/single\//,
      'rotate/$1/other/',
      'secret-edit of rotation other',
      'no rotation manages'
    ],
    ['another home', /^rotate\/\w+\//, 'rotate/0123abcd/', 'of the home 0123abcd', 'set `home: 0123abcd`']
  ])(
    'is refused before anything is written where `adopt` names a token of %s',
    async (_whose, from, to, what, hint) => {
      const { world, rotate } = createUnknownScenario()
      const made = credentialOf(await rotate()).new!
      const token = world.sandbox.cloudflare.tokens.get(made.id)
      token.name = token.name.replace(from, to)
      world.sandbox.transcript.clear()
      const configuration = configure(world.configuration, { credential: { adopt: made.id } })
      const run = await rotate({ configuration })
      expectNothingWritten(world, run)
      expect(failureOf(run).code).toBe('bad-input')
      expect(failureOf(run).message).toContain(what)
      expect(failureOf(run).hint).toContain(hint)
    }
  )
})
