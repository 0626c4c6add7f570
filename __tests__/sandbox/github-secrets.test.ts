import { describe, expect, it } from '@jest/globals'
import { getOctokit } from '@actions/github'
import sodium from 'libsodium-wrappers'
import sealedBox from 'tweetnacl-sealedbox-js'
import { createStage, type Stage } from './stage.ts'

const repo = { owner: 'octo-org', repo: 'ops' }
const inEnvironment = { ...repo, environment_name: 'rotation' }

interface PublicKey {
  readonly key: string
  readonly key_id: string
}

async function seal(value: string, { key, key_id }: PublicKey) {
  await sodium.ready
  const sealed = sodium.crypto_box_seal(value, sodium.from_base64(key, sodium.base64_variants.ORIGINAL))
  return { encrypted_value: sodium.to_base64(sealed, sodium.base64_variants.ORIGINAL), key_id }
}

function secretsApi({ octokit, account }: Stage) {
  return octokit(account.githubSecretsToken.value).actions
}

describe('GitHub secrets', () => {
  it('decrypts a written secret, and answers 201 for a new one and 204 for an update', async () => {
    const stage = createStage()
    const { sandbox, clock } = stage
    const api = secretsApi(stage)
    const { data: key } = await api.getEnvironmentPublicKey(inEnvironment)
    const put = async (value: string) => {
      const body = await seal(value, key)
      return await api.createOrUpdateEnvironmentSecret({ ...inEnvironment, secret_name: 'new_one', ...body })
    }
    expect((await put('first')).status).toBe(201)
    clock.advance(61_000)
    const second = await put('zweitens ü')
    expect(second.status).toBe(204)
    expect(second.headers.date).toBe('Thu, 01 Jan 2026 00:01:01 GMT')
    expect(sandbox.github.environmentSecrets('octo-org/ops', 'rotation')).toMatchObject({
      NEW_ONE: 'zweitens ü'
    })
    const { data } = await api.getEnvironmentSecret({ ...inEnvironment, secret_name: 'NEW_ONE' })
    expect(data).toEqual({
      name: 'NEW_ONE',
      created_at: '2026-01-01T00:00:00Z',
      updated_at: '2026-01-01T00:01:01Z'
    })
  })

  it('accepts a secret that another implementation of the sealed box encrypted', async () => {
    const stage = createStage()
    const api = secretsApi(stage)
    const { data: key } = await api.getRepoPublicKey(repo)
    const sealed = sealedBox.seal(Buffer.from('value'), Buffer.from(key.key, 'base64'))
    const encrypted_value = Buffer.from(sealed).toString('base64')
    await api.createOrUpdateRepoSecret({ ...repo, secret_name: 'A', encrypted_value, key_id: key.key_id })
    expect(stage.sandbox.github.repositorySecrets('octo-org/ops')).toMatchObject({ A: 'value' })
  })

  it('refuses a secret with 422 when its key, its length or its name is wrong', async () => {
    const stage = createStage()
    const api = secretsApi(stage)
    const { data: key } = await api.getRepoPublicKey(repo)
    const { data: otherKey } = await api.getEnvironmentPublicKey(inEnvironment)
    const bodies = [
      { ...(await seal('v', otherKey)), key_id: key.key_id },
      await seal('v', otherKey),
      { encrypted_value: Buffer.from('plain').toString('base64'), key_id: key.key_id },
      await seal('x'.repeat(48 * 1024 + 1), key)
    ]
    for (const body of bodies) {
      const put = api.createOrUpdateRepoSecret({ ...repo, secret_name: 'A', ...body })
      await expect(put).rejects.toMatchObject({ status: 422 })
    }
    const body = await seal('v', key)
    for (const secret_name of ['GITHUB_X', '1A', 'A-B']) {
      const put = api.createOrUpdateRepoSecret({ ...repo, secret_name, ...body })
      await expect(put).rejects.toMatchObject({ status: 422 })
    }
  })

  it('requires a visibility for an organization secret, and lists its selected repositories', async () => {
    const stage = createStage()
    const api = secretsApi(stage)
    const { repository } = stage.account
    const org = 'octo-org'
    const body = await seal('v', (await api.getOrgPublicKey({ org })).data)
    const put = (more: object) =>
      api.createOrUpdateOrgSecret({ org, secret_name: 'A', ...body, ...more } as never)
    await expect(put({})).rejects.toMatchObject({ status: 422 })
    await expect(put({ visibility: 'all', selected_repository_ids: [1] })).rejects.toMatchObject({
      status: 422
    })
    await put({ visibility: 'selected', selected_repository_ids: [repository.id] })
    const { data } = await api.getOrgSecret({ org, secret_name: 'A' })
    expect(data).toMatchObject({
      visibility: 'selected',
      selected_repositories_url: 'https://api.github.com/orgs/octo-org/actions/secrets/A/repositories'
    })
    const selected = await api.listSelectedReposForOrgSecret({ org, secret_name: 'A' })
    expect(selected.data.repositories.map(({ full_name }) => full_name)).toEqual(['octo-org/ops'])
    await put({ visibility: 'private' })
    expect(stage.sandbox.github.organization(org).secrets.actions.find('A')).toMatchObject({
      visibility: 'private',
      selectedRepositoryIds: []
    })
  })

  it('refuses the 101st secret of a repository with 422', async () => {
    const stage = createStage()
    const api = secretsApi(stage)
    const vault = stage.account.repository.secrets.actions
    for (let index = vault.all.length; index < 100; index += 1) vault.put(`S_${index}`, 'v')
    const body = await seal('v', (await api.getRepoPublicKey(repo)).data)
    const put = api.createOrUpdateRepoSecret({ ...repo, secret_name: 'ONE_MORE', ...body })
    await expect(put).rejects.toMatchObject({ status: 422 })
    const { data } = await api.listRepoSecrets({ ...repo, per_page: 30, page: 4 })
    expect([data.total_count, data.secrets.length]).toEqual([100, 10])
  })

  it('refuses every access to secrets with GITHUB_TOKEN', async () => {
    const { octokit, account, sandbox } = createStage()
    const api = octokit(account.githubToken.value).actions
    await expect(api.getEnvironmentPublicKey(inEnvironment)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('Resource not accessible by integration') as unknown
    })
    const permissions = { secrets: 'write' } as const
    expect(() => sandbox.github.addToken({ kind: 'github-token', name: 'x', permissions })).toThrow('never')
  })

  it('names the permission that a token lacks for secrets', async () => {
    const { octokit, sandbox } = createStage()
    const token = sandbox.github.addToken({
      kind: 'pat',
      name: 'octocat',
      permissions: { secrets: 'read' },
      expiresAt: sandbox.clock.now() + 60_000
    })
    const api = octokit(token.value).actions
    const { headers } = await api.getRepoPublicKey(repo)
    expect(headers['github-authentication-token-expiration']).toBe('2026-01-01 00:01:00 UTC')
    const body = { encrypted_value: 'AAAA', key_id: '1', secret_name: 'A' }
    await expect(api.createOrUpdateRepoSecret({ ...repo, ...body })).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('personal access token') as unknown,
      response: { headers: { 'x-accepted-github-permissions': 'secrets=write' } }
    })
    await expect(api.createOrUpdateEnvironmentSecret({ ...inEnvironment, ...body })).rejects.toMatchObject({
      response: { headers: { 'x-accepted-github-permissions': 'secrets=write,environments=write' } }
    })
  })

  it('answers 404 for secrets that do not exist or are not visible, and 401 for bad credentials', async () => {
    const { octokit, sandbox, account, clock } = createStage()
    const api = octokit(account.githubSecretsToken.value).actions
    const unknown = { ...repo, environment_name: 'a/b' }
    await expect(api.getEnvironmentPublicKey(unknown)).rejects.toMatchObject({ status: 404 })
    account.repository.addEnvironment('a/b')
    expect((await api.getEnvironmentPublicKey(unknown)).status).toBe(200)
    await expect(api.getRepoPublicKey({ owner: 'octo-org', repo: 'other' })).rejects.toMatchObject({
      status: 404
    })
    const token = sandbox.github.addToken({
      kind: 'pat',
      name: 'octocat',
      permissions: { secrets: 'write' },
      repositories: ['octo-org/else'],
      expiresAt: clock.now() + 1000
    })
    await expect(octokit(token.value).actions.getRepoPublicKey(repo)).rejects.toMatchObject({ status: 404 })
    clock.advance(1000)
    for (const value of [token.value, 'unknown']) {
      const refused = octokit(value).actions.getRepoPublicKey(repo)
      await expect(refused).rejects.toMatchObject({
        status: 401,
        message: expect.stringContaining('Bad credentials') as unknown
      })
    }
  })

  it('keeps Dependabot secrets separate, and all secrets out of the transcript', async () => {
    const { sandbox } = createStage()
    const permissions = { dependabot_secrets: 'write' } as const
    const { value } = sandbox.github.addToken({ kind: 'app', name: 'app', permissions })
    const { dependabot } = getOctokit(value, { request: { fetch: sandbox.fetch } }).rest
    const body = await seal('dependable', (await dependabot.getRepoPublicKey(repo)).data)
    await dependabot.createOrUpdateRepoSecret({ ...repo, secret_name: 'A', ...body })
    expect(sandbox.github.repositorySecrets('octo-org/ops', 'dependabot')).toEqual({ A: 'dependable' })
    expect(sandbox.github.repositorySecrets('octo-org/ops')).not.toHaveProperty('A')
    expect(sandbox.transcript.calls.at(-1)?.body).toEqual({
      encrypted_value: '<secret>',
      key_id: body.key_id
    })
  })
})
