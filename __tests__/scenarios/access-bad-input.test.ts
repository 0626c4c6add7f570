import { describe, expect, it } from '@jest/globals'
import { accessPermissions } from '../../sandbox/seed-access.ts'
import { ACCESS_BY_COMMANDS, configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { ACCESS, automationOf } from '../../simulation/world.ts'
import { parseConfiguration } from '../../src/compose/configuration.ts'
import { credentialOf, expectNothingWritten, expectRotated, failureOf } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { aliveTokens } from './state.ts'

describe('invalid input of an Access rotation', () => {
  it('fails before anything is written when a client id matches no token', async () => {
    const world = createScenario(accessService)
    const clientId = `${'0'.repeat(32)}.access`
    const run = await world.run({ env: { ...world.environment(), R2_EXPLORER_ACCESS_CLIENT_ID: clientId } })
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain('belongs to no service token of the account')
    expect(failureOf(run).hint).toContain('.access')
    expect(openAlerts(world)).toHaveLength(1)
  })

  it.each([
    ['R2_EXPLORER_BASE_URL', 'rotations[0].credentials[0].verify[0].http'],
    ['R2_EXPLORER_ACCESS_CLIENT_SECRET', 'rotations[0].credentials[0].secrets.client-secret'],
    ['CLOUDFLARE_API_TOKEN', 'auth.access']
  ])('fails before anything is written when a variable is not set (%s)', async (name, path) => {
    const world = createScenario(accessService)
    const run = await world.run({ env: { ...world.environment(), [name]: '' } })
    expectNothingWritten(world, run)
    expect(failureOf(run).message).toContain(path)
    expect(failureOf(run).message).toContain(`the environment variable ${name} is not set or empty`)
  })

  it.each([
    'ftp://share.example.test/x',
    'share.example.test/x',
    'file:///etc/passwd',
    '//share.example.test'
  ])('refuses a probe URL that is not http(s): %s', (url) => {
    const yaml = configure(ACCESS, { credential: { verify: [{ http: { url, expect: 200 } }] } })
    expect(() => parseConfiguration(yaml, 'rotation.yml')).toThrow(
      /rotations\[0\]\.credentials\[0\]\.verify\[0\]\.http\.url: must begin with https:\/\//
    )
  })

  it('fails with permission when its token may not create service tokens', async () => {
    const world = createScenario(accessService)
    const token = world.sandbox.cloudflare.tokens.seed({
      name: 'reader',
      groups: [
        ...accessPermissions.filter((group) => !group.includes('Tokens')),
        'Access: Service Tokens Read'
      ]
    })
    const run = await world.run({ env: { ...world.environment(), CLOUDFLARE_API_TOKEN: token.value } })
    expect(['failed', 'rolled-back']).toContain(run.record.outcome)
    expect(failureOf(run).code).toBe('permission')
    expect(aliveTokens(world)).toHaveLength(1)
  })
})

describe('unusual but valid input of an Access rotation', () => {
  it('rotates in an account with 49 service tokens', async () => {
    const world = createScenario(accessService)
    const { serviceTokens } = world.sandbox.cloudflare.access
    while (serviceTokens.existing.length < 49) serviceTokens.create({ name: 'another' })
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(serviceTokens.existing).toHaveLength(49)
  })

  it('rotates with a token that may not edit groups when no group names the old token', async () => {
    const world = createScenario(accessService)
    const { group } = automationOf(world)
    world.sandbox.cloudflare.access.groups.replace(group, { name: 'Machines', include: [{ everyone: {} }] })
    const write = 'Access: Organizations, Identity Providers, and Groups Write'
    const token = world.sandbox.cloudflare.tokens.seed({
      name: 'just enough',
      groups: [...accessPermissions.filter((name) => name !== write), write.replace('Write', 'Read')]
    })
    expectRotated(
      world,
      await world.run({ env: { ...world.environment(), CLOUDFLARE_API_TOKEN: token.value } })
    )
  })

  it('rotates without any probe and warns that nothing is confirmed', async () => {
    const world = createScenario(accessService)
    const run = await world.run({ configuration: configure(ACCESS, { credential: { verify: undefined } }) })
    expectRotated(world, run)
    expect(run.record.warnings.join('\n')).toMatch(
      /verify: there is no probe: it will not be confirmed that the new pair works, nor that the old one is revoked/
    )
    expect(credentialOf(run).probes).toEqual([])
    expect(run.record.rotations[0]!.warnings.join()).toContain('could not be confirmed')
  })

  it('rotates with commands alone, warns about it and does not run them with the old pair', async () => {
    const world = createScenario(accessService)
    const run = await world.run({ configuration: ACCESS_BY_COMMANDS })
    expectRotated(world, run)
    expect(run.record.warnings.join('\n')).toContain('there is no http probe')
    expect(credentialOf(run).probes.map(({ of }) => of)).toEqual(['new', 'new'])
  })
})
