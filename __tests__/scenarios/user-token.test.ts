import { describe, expect, it } from '@jest/globals'
import type { AccountToken } from '../../sandbox/cloudflare/account-tokens.ts'
import { configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY } from '../../simulation/times.ts'
import { BOOTSTRAP, type World, type WorldRun } from '../../simulation/world.ts'
import { credentialOf } from './expectations.ts'
import { expectUnlocked, failureOf, rotationOf } from './expectations.ts'
import { createScenario, type Scenario, type ScenarioRunOptions } from './scenario.ts'

const SECRETS = { value: { primary: 'DEPLOY_TOKEN', secondary: 'OLD_DEPLOY_TOKEN' } }

/** A user token that deploys, in two slots of the environment. */
const USER_TOKEN = configure(BOOTSTRAP, {
  top: { auth: { tokens: 'USER_TOKEN_MANAGER', secrets: 'CLOUDFLARE_API_TOKEN' } },
  rotation: {
    name: 'deploy',
    every: '30d',
    credentials: [{ name: 'deploy', type: 'user-token', ttl: '90d', secrets: SECRETS }],
    destinations: [{ type: 'github-secret', repository: 'octo-org/ops', environment: 'rotation' }]
  }
})

/** A story with a user token that was created by hand, and one that manages user tokens. */
interface UserScenario extends Scenario {
  readonly byHand: AccountToken
}

function createUserScenario(configuration = USER_TOKEN): UserScenario {
  const world = createScenario()
  world.account.run.status = 'completed'
  const { userTokens } = world.sandbox.cloudflare
  const manager = userTokens.seed({
    name: 'manager',
    groups: ['API Tokens Write', 'Account API Tokens Write', 'Secrets Store Write']
  })
  const byHand = userTokens.seed({ name: 'deploy (made by hand)', groups: ['Workers Scripts Write'] })
  const vault = world.account.repository.environment(world.account.environment)
  vault.put('DEPLOY_TOKEN', byHand.value)
  vault.put('USER_TOKEN_MANAGER', manager.value)
  return {
    ...world,
    byHand,
    async run(options: ScenarioRunOptions = {}): Promise<WorldRun> {
      const run = await world.run({ configuration, ...options })
      const text = JSON.stringify([run.log, run.record, world.account.repository.issues])
      expect(userTokens.all.filter(({ value }) => text.includes(value))).toEqual([])
      return run
    }
  }
}

/** The token in a slot, which works. */
function tokenIn(world: World, name: 'DEPLOY_TOKEN' | 'OLD_DEPLOY_TOKEN'): AccountToken {
  const token = world.sandbox.cloudflare.userTokens.findByValue(world.environment()[name] ?? '')
  expect(token).toBeDefined()
  expect(world.sandbox.cloudflare.userTokens.works(token!.value)).toBe(true)
  return token!
}

function expectRotated(world: World, run: WorldRun): void {
  expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
    outcome: 'rotated',
    error: null
  })
  expectUnlocked(world)
  expect(openAlerts(world)).toEqual([])
}

describe('a user token', () => {
  it('is replaced by one with the same permissions, and stays as SECONDARY', async () => {
    const world = createUserScenario()
    const run = await world.run()
    expectRotated(world, run)
    const token = tokenIn(world, 'DEPLOY_TOKEN')
    expect(token.name).toMatch(/^rotate\/4b147bce\/deploy\/deploy\//)
    expect(token.value).toMatch(/^cfut_/)
    expect(token.policies[0]?.permission_groups.map(({ name }) => name)).toEqual(['Workers Scripts Write'])
    expect(tokenIn(world, 'OLD_DEPLOY_TOKEN').id).toBe(world.byHand.id)
  })

  it('is revoked when it leaves SECONDARY, and account tokens are left alone', async () => {
    const world = createUserScenario()
    await world.run()
    const accountTokens = world.sandbox.cloudflare.tokens.existing.map(({ id, name }) => `${id} ${name}`)
    world.clock.advance(31 * DAY)
    const run = await world.run()
    expectRotated(world, run)
    expect(world.byHand.deletedAt).toBeDefined()
    expect(credentialOf(run).revoked).toMatchObject([{ id: world.byHand.id }])
    expect(world.sandbox.cloudflare.tokens.existing.map(({ id, name }) => `${id} ${name}`)).toEqual(
      accountTokens
    )
    const paths = world.sandbox.transcript.calls.map(({ path }) => path)
    expect(paths.filter((path) => /\/accounts\/[^/]+\/tokens/.test(path))).toEqual([])
  })

  it('cannot be rotated with an account token, and the failure says so', async () => {
    const world = createUserScenario()
    const vault = world.account.repository.environment(world.account.environment)
    vault.put('USER_TOKEN_MANAGER', world.account.tokenCreation.value)
    world.clock.advance(DAY)
    const run = await world.run()
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('use a user API token') as unknown
    })
    expect(tokenIn(world, 'DEPLOY_TOKEN').id).toBe(world.byHand.id)
  })

  it('stands beside an account token of the same rotation, each with its own list', async () => {
    const world = createUserScenario(
      configure(USER_TOKEN, {
        moreCredentials: [
          {
            name: 'secret-edit',
            type: 'account-token',
            ttl: '90d',
            secrets: { value: 'PRIMARY_SECRET_EDIT_TOKEN' }
          }
        ],
        credentials: { deploy: { secrets: { value: { primary: 'DEPLOY_TOKEN', secondary: undefined } } } }
      })
    )
    const { secretEdit } = world.account
    const run = await world.run()
    expectRotated(world, run)
    expect(world.byHand.deletedAt).toBeDefined()
    expect(secretEdit.deletedAt).toBeDefined()
    const { tokens, userTokens } = world.sandbox.cloudflare
    const managed = (list: readonly AccountToken[]) => list.filter(({ name }) => name.startsWith('rotate/'))
    expect(managed(tokens.existing)).toHaveLength(1)
    expect(managed(userTokens.existing)).toHaveLength(1)
  })

  it('has a check that lists user tokens, and does not ask account tokens for permissions of a user', async () => {
    const world = createUserScenario()
    world.sandbox.cloudflare.userTokens.seed({ name: 'forgotten', groups: ['Zone Read'] })
    await world.run()
    const { record } = await world.run({ command: 'check' })
    const messages = record.findings.map(({ message }) => message)
    expect(messages.join('\n')).toMatch(
      /of \d+ user API tokens are not rotated by this configuration: .*forgotten/
    )
    expect(messages.join('\n')).not.toContain('account API tokens')
    expect(messages.filter((message) => message.includes('seems to lack'))).toEqual([])
  })

  it('of which a user has nearly 50 is warned about, not refused', async () => {
    const world = createUserScenario()
    const { userTokens } = world.sandbox.cloudflare
    userTokens.limit = 60
    while (userTokens.existing.length < 50) userTokens.seed({ name: 'other', groups: ['Zone Read'] })
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(run.record.rotations[0]?.warnings.join()).toContain(
      'with the new ones the user has 51 API tokens, and Cloudflare allows 50'
    )
  })
})

describe('a check of an account-token rotation', () => {
  it('does not list user tokens', async () => {
    const world = createScenario()
    await world.run({ command: 'check' })
    expect(world.sandbox.transcript.calls.filter(({ path }) => path.includes('/user/'))).toEqual([])
  })
})
