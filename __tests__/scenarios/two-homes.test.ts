import { describe, expect, it } from '@jest/globals'
import type { Repository } from '../../sandbox/github/repository.ts'
import { configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectRotated, failureOf, rotationOf } from './expectations.ts'
import { createRotatedScenario, createScenario, type Scenario, type ScenarioRunOptions } from './scenario.ts'
import { managedTokens } from './state.ts'

/** A second place that rotates under the same names in the same account. */
interface Home {
  readonly repository: Repository
  readonly environment: string
  readonly run: (options?: ScenarioRunOptions) => ReturnType<Scenario['run']>
}

/** Copies the README's configuration to another place, with tokens of its own that were made by hand. */
function copyTo(world: Scenario, fullName: string, environment: string): Home {
  const { github, cloudflare } = world.sandbox
  const isNew = fullName !== world.account.repository.fullName
  const repository = isNew ? github.addRepository(fullName) : world.account.repository
  const vault = repository.addEnvironment(environment)
  const [creation, edit] = [
    ['Account API Tokens Read', 'Account API Tokens Write'],
    ['Secrets Store Write']
  ].map((groups, index) => cloudflare.tokens.seed({ name: `by hand ${index}`, groups, ttlMs: 720 * HOUR }))
  vault.put('PRIMARY_TOKEN_CREATION_TOKEN', creation!.value)
  vault.put('PRIMARY_SECRET_EDIT_TOKEN', edit!.value)
  const githubToken = github.addToken({
    kind: 'github-token',
    name: 'github-actions',
    permissions: { issues: 'write', actions: 'read', contents: 'read' },
    repositories: [fullName]
  })
  const configuration = configure(BOOTSTRAP, { github: { repository: fullName, environment } })
  return {
    repository,
    environment,
    run: (options = {}) =>
      world.run({
        configuration,
        repository,
        githubToken: githubToken.value,
        env: {
          CLOUDFLARE_API_TOKEN: world.account.apiToken.value,
          ...github.environmentSecrets(fullName, environment)
        },
        ...options
      })
  }
}

function expectAllWork(world: Scenario, home: Home): void {
  const { github, cloudflare } = world.sandbox
  const places = [
    github.environmentSecrets(world.account.repository.fullName, world.account.environment),
    github.environmentSecrets(home.repository.fullName, home.environment),
    cloudflare.secretsStores.values(world.account.store.id)
  ]
  for (const values of places) {
    const slots = Object.entries(values).filter(([name]) => /^(PRIMARY|SECONDARY)_/.test(name))
    expect(slots.filter(([, value]) => !cloudflare.tokens.works(value))).toEqual([])
  }
}

describe.each([
  ['two repositories', 'octo-org/other', 'rotation'],
  ['two environments of one repository', 'octo-org/ops', 'staging']
])('%s with rotations of the same name in one account', (_which, fullName, environment) => {
  it('rotates in two homes side by side, and neither revokes what the other holds', async () => {
    const world = createScenario()
    const home = copyTo(world, fullName, environment)
    for (let round = 0; round < 4; round++) {
      expect((await world.run()).record.outcome).toBe('rotated')
      expectAllWork(world, home)
      world.clock.advance(HOUR)
      expect((await home.run()).record.outcome).toBe('rotated')
      expectAllWork(world, home)
      world.clock.advance(HOUR)
    }
    // Two tokens in two slots, for each of two homes.
    expect(managedTokens(world)).toHaveLength(8)
  })

  it('names the other home in plan and check, and nowhere else', async () => {
    const world = createScenario()
    const home = copyTo(world, fullName, environment)
    await world.run()
    world.clock.advance(HOUR)
    await home.run()
    world.clock.advance(HOUR)
    const planned = await world.run({ command: 'plan' })
    expect(rotationOf(planned).warnings.join()).toMatch(/another home, [0-9a-f]{8}/)
    const checked = await world.run({ command: 'check' })
    expect(checked.record.findings.map(({ kind }) => kind)).toContain('other-home')
  })
})

describe('home', () => {
  it('recognises its own tokens when a destination is added before the others', async () => {
    const world = await createRotatedScenario()
    const configuration = configure(BOOTSTRAP, {
      moreDestinations: { before: [{ type: 'github-secret', repository: 'octo-org/ops' }] }
    })
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('rotated')
    expect(rotationOf(run).credentials.map(({ revoked }) => revoked.length)).toEqual([1, 1])
    expect(managedTokens(world)).toHaveLength(4)
    world.clock.advance(HOUR)
    await world.run({ configuration })
    expect(managedTokens(world)).toHaveLength(4)
  })

  it('refuses a home that has moved until the configuration states it, and then continues', async () => {
    const world = await createRotatedScenario()
    const home = copyTo(world, 'octo-org/new', 'rotation')
    const values = world.environment()
    const before = managedTokens(world).map(({ id }) => id)
    const refused = await home.run({ env: values })
    expect(refused.record.outcome).toBe('failed')
    expect(failureOf(refused).message).toContain('which another repository or environment rotates')
    expect(managedTokens(world).map(({ id }) => id)).toEqual(before)

    const id = /home: ([0-9a-f]{8})/.exec(failureOf(refused).hint ?? '')?.[1]
    const configuration = configure(BOOTSTRAP, { top: { home: id }, github: { repository: 'octo-org/new' } })
    const moved = await home.run({ env: values, configuration })
    expect(moved.record.outcome).toBe('rotated')
    expect(managedTokens(world)).toHaveLength(4)
  })

  it('uses a home that the configuration names', async () => {
    const world = createScenario()
    const configuration = configure(BOOTSTRAP, { top: { home: 'ops' } })
    expectRotated(world, await world.run({ configuration }))
    const names = managedTokens(world).map(({ name }) => name)
    expect(new Set(names.map((name) => name.split('/')[1]))).toEqual(new Set(['a92c36e6']))
  })
})
