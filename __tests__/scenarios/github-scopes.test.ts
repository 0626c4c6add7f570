import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { HOUR } from '../../simulation/times.ts'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { failureOf } from './expectations.ts'
import { createScenario } from './scenario.ts'

const WITH_REPOSITORY = configure(BOOTSTRAP, {
  moreDestinations: { after: [{ type: 'github-secret', repository: 'octo-org/ops' }] }
})
const WITH_ORGANIZATION = configure(BOOTSTRAP, {
  moreDestinations: { after: [{ type: 'github-secret', organization: 'octo-org' }] }
})
const NAMES = [
  'PRIMARY_SECRET_EDIT_TOKEN',
  'PRIMARY_TOKEN_CREATION_TOKEN',
  'SECONDARY_SECRET_EDIT_TOKEN',
  'SECONDARY_TOKEN_CREATION_TOKEN'
]

describe('secrets at GitHub', () => {
  it('writes secrets of a repository with the values of the other destinations', async () => {
    const world = createScenario()
    const configuration = WITH_REPOSITORY
    expect((await world.run({ configuration })).record.outcome).toBe('rotated')
    const { CLOUDFLARE_API_TOKEN, ...values } = world.sandbox.github.repositorySecrets('octo-org/ops')
    expect(CLOUDFLARE_API_TOKEN).toBe(world.account.apiToken.value)
    expect(values).toEqual(world.sandbox.github.environmentSecrets('octo-org/ops', 'rotation'))
  })

  it('keeps the visibility of organization secrets, and gives a new SECONDARY that of its PRIMARY', async () => {
    const world = createScenario()
    const { github } = world.sandbox
    const vault = github.organization('octo-org').secrets.actions
    const access = { visibility: 'selected', selectedRepositoryIds: [world.account.repository.id] } as const
    vault.put('PRIMARY_SECRET_EDIT_TOKEN', world.account.secretEdit.value, access)
    vault.put('PRIMARY_TOKEN_CREATION_TOKEN', world.account.tokenCreation.value, { visibility: 'all' })
    const configuration = WITH_ORGANIZATION
    for (let rotation = 0; rotation < 2; rotation++) {
      expect((await world.run({ configuration })).record.outcome).toBe('rotated')
      world.clock.advance(HOUR)
    }
    expect(vault.all.map(({ name }) => name)).toEqual(NAMES)
    for (const name of NAMES) {
      const expected = name.includes('SECRET_EDIT')
        ? access
        : { visibility: 'all', selectedRepositoryIds: [] }
      expect(vault.find(name)).toMatchObject(expected)
    }
    expect(vault.values).toEqual(github.environmentSecrets('octo-org/ops', 'rotation'))
  })

  it('keeps every repository of an organization secret over pages that are shorter than requested', async () => {
    const world = createScenario()
    const { github } = world.sandbox
    github.pageSizeCap = 30
    const selectedRepositoryIds = Array.from({ length: 40 }, (_, index) => {
      return github.addRepository(`octo-org/other-${index}`).id
    })
    const vault = github.organization('octo-org').secrets.actions
    const access = { visibility: 'selected', selectedRepositoryIds } as const
    vault.put('PRIMARY_SECRET_EDIT_TOKEN', world.account.secretEdit.value, access)
    expect((await world.run({ configuration: WITH_ORGANIZATION })).record.outcome).toBe('rotated')
    expect(vault.find('PRIMARY_SECRET_EDIT_TOKEN')!.selectedRepositoryIds.toSorted()).toEqual(
      selectedRepositoryIds.toSorted()
    )
  })

  it('does not write an organization secret of which GitHub shows a part of the repositories', async () => {
    const world = createScenario()
    const vault = world.sandbox.github.organization('octo-org').secrets.actions
    const access = { visibility: 'selected', selectedRepositoryIds: [world.account.repository.id] } as const
    vault.put('PRIMARY_SECRET_EDIT_TOKEN', world.account.secretEdit.value, access)
    world.sandbox.faults.add({
      match: { path: /PRIMARY_SECRET_EDIT_TOKEN\/repositories/, count: Infinity },
      when: 'before',
      answer: { status: 200, body: { total_count: 1, repositories: [] } }
    })
    const run = await world.run({ configuration: WITH_ORGANIZATION })
    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run).message).toContain('GitHub shows 0 of the 1 repositories')
    expect(vault.find('PRIMARY_SECRET_EDIT_TOKEN')!.value).toBe(world.account.secretEdit.value)
  })

  it('creates organization secrets as private', async () => {
    const world = createScenario()
    const configuration = WITH_ORGANIZATION
    await world.run({ configuration })
    const { all } = world.sandbox.github.organization('octo-org').secrets.actions
    expect(all.map(({ visibility }) => visibility)).toEqual(['private', 'private', 'private', 'private'])
  })

  it('finds secrets at GitHub on every page of a long list', async () => {
    const world = createScenario()
    const vault = world.sandbox.github.organization('octo-org').secrets.actions
    for (let other = 0; other < 150; other++) vault.put(`A_${other}`, 'x', { visibility: 'all' })
    vault.put('PRIMARY_SECRET_EDIT_TOKEN', world.account.secretEdit.value, { visibility: 'all' })
    const configuration = WITH_ORGANIZATION
    expect((await world.run({ configuration })).record.outcome).toBe('rotated')
    expect(vault.find('PRIMARY_SECRET_EDIT_TOKEN')!.visibility).toBe('all')
  })
})

describe('secrets in the store', () => {
  it('keeps the scopes of secrets in the store, and gives a new SECONDARY those of its PRIMARY', async () => {
    const world = createScenario({ withStoredSecrets: true })
    for (const secret of world.account.store.secrets.values()) secret.scopes = ['workers', 'ai_gateway']
    await world.run()
    for (const { scopes } of world.account.store.secrets.values())
      expect(scopes).toEqual(['workers', 'ai_gateway'])
  })

  it('finds secrets in the store among more than one page of others', async () => {
    const world = createScenario({ withStoredSecrets: true })
    const others = Array.from({ length: 60 }, (_, index) => ({
      name: `A_${index}`,
      value: 'x',
      scopes: ['workers'] as const
    }))
    const { secretsStores } = world.sandbox.cloudflare
    const own = [...world.account.store.secrets.values()]
    world.account.store.secrets.clear()
    secretsStores.create(world.account.store, others)
    for (const secret of own) world.account.store.secrets.set(secret.id, secret)
    const run = await world.run()
    expect(run.record.outcome).toBe('rotated')
    expect(world.account.store.secrets.size).toBe(64)
  })
})
