import { writeFileSync } from 'node:fs'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { InitStage } from './init-stage.ts'

let stage: InitStage
afterEach(async () => {
  expect(stage.leaks()).toEqual([])
  await stage.close()
})

describe('rotate-action init, by flags', () => {
  it('leads from an empty account and repository to a green check, with least privilege', async () => {
    stage = await InitStage.open()
    const done = await stage.init(['--rotate', 'deploy,bootstrap,access', ...stage.appArguments])
    expect({ code: done.exitCode, err: done.exitCode === 0 ? '' : done.stderr + done.stdout }).toEqual({
      code: 0,
      err: ''
    })
    expect(done.stdout).toMatch(/^healthy$/m)

    const { cloudflare } = stage.sandbox
    const permissionsOf = (variable: string) =>
      cloudflare.tokens
        .findByValue(stage.secrets[variable]!)!
        .policies.flatMap((policy) => policy.permission_groups.map(({ name }) => name))
    expect(permissionsOf('CLOUDFLARE_API_TOKEN')).toEqual([
      'Workers KV Storage Write',
      'Access: Service Tokens Write',
      'Access: Apps and Policies Write',
      'Access: Organizations, Identity Providers, and Groups Write'
    ])
    expect(permissionsOf('PRIMARY_TOKEN_CREATION_TOKEN')).toEqual(['Account API Tokens Write'])
    expect(permissionsOf('PRIMARY_SECRET_EDIT_TOKEN')).toEqual(['Secrets Store Write'])
    expect(permissionsOf('PRIMARY_DEPLOY_TOKEN')).toEqual(['Workers Scripts Write'])
    expect(stage.repository.settingsOf('rotation')).toMatchObject({ branches: ['main'] })
    expect([...stage.repository.settingsOf('rotation').variables]).toEqual([
      ['ROTATION_APP_CLIENT_ID', String(stage.app.id)]
    ])
    expect(stage.repository.environments.has('production')).toBe(true)
    expect(stage.repository.issues).toEqual([])
    const workflow = stage.read('.github/workflows/rotate.yml')
    for (const name of Object.keys(stage.secrets)) expect(workflow).toContain(`secrets.${name} }}`)

    const rotated = await stage.type(['rotate'])
    expect({ code: rotated.exitCode, err: rotated.exitCode === 0 ? '' : rotated.stderr }).toEqual({
      code: 0,
      err: ''
    })
    expect(rotated.stdout.match(/^\w+: rotated/gm)).toHaveLength(3)
    expect(Object.keys(stage.secrets)).toContain('SECONDARY_DEPLOY_TOKEN')
    const again = await stage.init(['--rotate', 'deploy,bootstrap,access', ...stage.appArguments])
    expect(again.exitCode).toBe(2)
    expect(again.stderr).toContain('this repository is set up and has rotated')
  }, 60_000)

  it('writes nothing with --dry-run', async () => {
    stage = await InitStage.open()
    const { exitCode, stdout } = await stage.init(['--rotate', 'deploy', '--dry-run'])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(
      '  the token "rotate-action init acme/ops PRIMARY_DEPLOY_TOKEN" with Workers Scripts Write'
    )
    expect(stage.sandbox.transcript.since(0).filter(({ method }) => method !== 'GET')).toEqual([])
    expect(() => stage.read('.github/rotation.yml')).toThrow('ENOENT')
  }, 60_000)

  it('names what is missing without a terminal, and calls nothing', async () => {
    stage = await InitStage.open()
    const { exitCode, stderr } = await stage.init([], { env: { CLOUDFLARE_SETUP_TOKEN: '' } })
    expect(exitCode).toBe(2)
    for (const what of ['CLOUDFLARE_SETUP_TOKEN', '--rotate', '--app-client-id'])
      expect(stderr).toContain(what)
    expect(stage.sandbox.transcript.length).toBe(0)
  }, 60_000)

  it('names each permission that the set-up token lacks', async () => {
    stage = await InitStage.open(['Account API Tokens Write'])
    const { exitCode, stderr } = await stage.init(['--rotate', 'bootstrap,access', ...stage.appArguments])
    expect(exitCode).toBe(2)
    expect(stderr.match(/^ {2}\S.*$/gm)).toEqual([
      '  Workers KV Storage Write',
      '  Secrets Store Write',
      '  Access: Service Tokens Write'
    ])
    expect(stage.tokens).toEqual([])
  }, 60_000)

  it('leaves an existing configuration alone until it is told to overwrite it', async () => {
    stage = await InitStage.open()
    mkdirSync(join(stage.directory, '.github'))
    writeFileSync(join(stage.directory, '.github/rotation.yml'), '# ours\nversion: 1\n')
    const args = ['--rotate', 'deploy', ...stage.appArguments]
    const refused = await stage.init(args)
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain(
      '.github/rotation.yml exists and differs from what init would write. Nothing was changed.'
    )
    expect(stage.tokens).toEqual([])
    expect(await stage.init([...args, '--overwrite'])).toMatchObject({ exitCode: 0 })
    expect(stage.read('.github/rotation.yml')).toMatch(/^version: 1\naccount-id: a1b2/)
  }, 60_000)

  it('needs a remote, or the name of the repository', async () => {
    stage = await InitStage.open()
    const { exitCode, stderr } = await stage.init(['--rotate', 'deploy', ...stage.appArguments], {
      env: { GITHUB_REPOSITORY: '' }
    })
    expect(exitCode).toBe(2)
    expect(stderr).toContain('The repository is not known: git has no remote here.')
  }, 60_000)

  it('says that the App is not installed, with a fine-grained token goes without it, and goes on where it was stopped', async () => {
    stage = await InitStage.open()
    stage.app.repositories = []
    const args = ['--rotate', 'deploy', '--lock', 'd1']
    const refused = await stage.init([...args, ...stage.appArguments])
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('The App is not installed on acme/ops: install it there.')
    const pat = { ROTATION_GITHUB_PAT: stage.env['GITHUB_TOKEN']! }
    const done = await stage.init(args, { env: pat })
    expect({ code: done.exitCode, stderr: done.exitCode === 0 ? '' : done.stderr }).toEqual({
      code: 0,
      stderr: ''
    })
    expect(stage.read('.github/workflows/rotate.yml')).toContain('secrets.ROTATION_GITHUB_PAT')
    const tokens = stage.tokens
    expect(await stage.init(args, { env: pat })).toMatchObject({ exitCode: 0 })
    expect([...stage.tokens].sort()).toEqual([...tokens].sort())
  }, 60_000)
})
