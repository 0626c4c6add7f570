import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { expectNothingWritten, failureOf } from './expectations.ts'
import { createScenario } from './scenario.ts'

describe('invalid input', () => {
  it('names all missing variables at once and calls nothing', async () => {
    const world = createScenario()
    const run = await world.run({ env: {} })
    for (const name of ['PRIMARY_TOKEN_CREATION_TOKEN', 'PRIMARY_SECRET_EDIT_TOKEN', 'CLOUDFLARE_API_TOKEN'])
      expect(failureOf(run).message).toContain(`the environment variable ${name} is not set or empty`)
    expect(failureOf(run).message).toContain('rotations[0].credentials[1].secrets.value.primary')
    expect(run.record.outcome).toBe('failed')
    expect(world.sandbox.transcript.calls.filter(({ path }) => !/issues|labels/.test(path))).toEqual([])
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('treats an empty variable as missing, and allows a missing SECONDARY', async () => {
    const world = createScenario()
    const run = await world.run({ env: { ...world.environment(), PRIMARY_SECRET_EDIT_TOKEN: '' } })
    expect(failureOf(run).message).toContain('PRIMARY_SECRET_EDIT_TOKEN')
    expect(failureOf(run).message).not.toContain('SECONDARY_')
    expect(failureOf(run).message).not.toContain('PRIMARY_TOKEN_CREATION_TOKEN')
  })

  it('fails before anything is written without a token for GitHub secrets', async () => {
    const world = createScenario()
    const run = await world.run({ githubSecretsToken: null })
    expect(failureOf(run).message).toContain('github-secrets-token')
    expect(
      world.sandbox.transcript.calls.filter(
        ({ method, path }) => method !== 'GET' && !/issues|labels/.test(path)
      )
    ).toEqual([])
  })

  it('refuses GITHUB_TOKEN for GitHub secrets', async () => {
    const world = createScenario()
    const run = await world.run({ githubSecretsToken: world.account.githubToken.value })
    expectNothingWritten(world, run)
    expect(failureOf(run)).toMatchObject({ code: 'permission', call: { status: 403 } })
    expect(failureOf(run).hint).toContain('GITHUB_TOKEN can never write secrets')
  })

  it.each([
    ['a store', { store: { 'store-id': 'f'.repeat(32) } }, 'f'.repeat(32), 'store-id'],
    ['an environment', { github: { environment: 'rotations' } }, 'environment rotations', 'environment'],
    ['a repository', { github: { repository: 'octo-org/opps' } }, 'octo-org/opps', 'github-secrets-token']
  ])('fails before anything is written when %s does not exist', async (_what, changes, named, key) => {
    const world = createScenario()
    const run = await world.run({ configuration: configure(BOOTSTRAP, changes) })
    expectNothingWritten(world, run)
    expect(failureOf(run).code).toBe('not-found')
    expect(`${failureOf(run).message} ${failureOf(run).hint}`).toContain(named)
    expect(failureOf(run).hint).toContain(key)
  })

  it('fails before anything is written when the tokens belong to another account', async () => {
    const world = createScenario()
    const run = await world.run({
      configuration: configure(BOOTSTRAP, { top: { 'account-id': 'e'.repeat(32) } })
    })
    expectNothingWritten(world, run)
  })
})
