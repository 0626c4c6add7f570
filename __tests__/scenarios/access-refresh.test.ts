import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { DAY } from '../../simulation/times.ts'
import { ACCESS } from '../../simulation/world.ts'
import { credentialOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { primaryPair, rulesNow } from './state.ts'

const refreshed = {
  ...accessService,
  configuration: configure(ACCESS, { credential: { strategy: 'refresh', verify: [] } })
}

const tokenIn = ({ sandbox }: Scenario, { clientId }: { readonly clientId: string }) =>
  sandbox.cloudflare.access.serviceTokens.findByClientId(clientId)

/** The calls that change a token or a secret. */
function writesOf({ sandbox }: Scenario): readonly string[] {
  return sandbox.transcript.calls
    .filter(({ method, path }) => method !== 'GET' && /service_tokens|\/secrets\//.test(path))
    .map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`)
    .filter((call) => call !== 'DELETE ROTATE_ACTION_PERMISSION_CHECK')
}

describe('strategy refresh', () => {
  it('extends the validity when it is due, and changes no secret, no rule and no destination', async () => {
    const world = await createRotatedScenario(refreshed)
    const pair = primaryPair(world)
    const rules = rulesNow(world)
    const before = tokenIn(world, pair)?.expiresAt
    world.sandbox.transcript.clear()
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(primaryPair(world)).toEqual(pair)
    expect(rulesNow(world)).toBe(rules)
    expect(tokenIn(world, pair)?.expiresAt).toBeGreaterThan(before ?? Infinity)
    expect(world.sandbox.cloudflare.access.serviceTokens.existing).toHaveLength(1)
    const id = tokenIn(world, pair)?.id
    expect(writesOf(world)).toEqual(['POST refresh', `PUT ${id}`])
    expect(credentialOf(run)).toMatchObject({ new: { id }, revoked: [], kept: [] })
    expect(credentialOf(run).new?.expiresAt).toBe(
      new Date(tokenIn(world, pair)?.expiresAt ?? 0).toISOString().replace('.000Z', 'Z')
    )
  })

  it('is not due again before the interval is over', async () => {
    const world = createScenario(refreshed)
    expect((await world.run()).record.outcome).toBe('rotated')
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
    world.clock.advance(30 * DAY)
    expect((await world.run()).record.outcome).toBe('rotated')
    world.clock.advance(DAY)
    expect((await world.run()).record.outcome).toBe('not-due')
  })

  it('is refused, with nothing changed, when the pair does not work', async () => {
    const world = createScenario(refreshed)
    const token = tokenIn(world, primaryPair(world))
    token!.enabled.set(false, world.clock.now())
    world.sandbox.transcript.clear()
    const { record } = await world.run({ excused: /I1/ })
    expect(record.outcome).toBe('failed')
    expect(record.rotations[0]?.error?.message).toContain('`strategy: refresh` changes no secret')
    expect(writesOf(world)).toEqual([])
  })

  it('cannot contain', async () => {
    const world = createScenario(refreshed)
    const { record } = await world.run({ command: 'contain' })
    expect(record.rotations[0]?.error).toMatchObject({ code: 'not-contained' })
  })
})
