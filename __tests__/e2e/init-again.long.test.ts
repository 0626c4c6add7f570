import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { InitStage } from './init-stage.ts'

let stage: InitStage
afterEach(async () => {
  expect(stage.leaks()).toEqual([])
  await stage.close()
})

const DEPLOY = 'rotate-action init acme/ops PRIMARY_DEPLOY_TOKEN'
const OWN = 'rotate-action init acme/ops CLOUDFLARE_API_TOKEN'

/** Runs `init`, after its files were moved away. */
async function init(...args: readonly string[]) {
  rmSync(join(stage.directory, '.github'), { recursive: true, force: true })
  const done = await stage.init([...args, ...stage.appArguments])
  expect({ exitCode: done.exitCode, stderr: done.exitCode === 0 ? '' : done.stderr }).toEqual({
    exitCode: 0,
    stderr: ''
  })
  return done
}

/** Permissions of each token by its name; fails where two have the same name. */
function permissions(): Readonly<Record<string, readonly string[]>> {
  const { existing } = stage.sandbox.cloudflare.tokens
  expect(new Set(existing.map(({ name }) => name)).size).toBe(existing.length)
  return Object.fromEntries(
    existing.map(({ name, policies }) => [
      name,
      policies.flatMap(({ permission_groups }) => permission_groups.map((group) => group.name ?? ''))
    ])
  )
}

describe('rotate-action init, run again', () => {
  it('replaces a token that has more permissions than the plan, and says so in the plan', async () => {
    stage = await InitStage.open()
    const both = 'Workers Scripts Write; Workers KV Storage Write'
    const first = await init('--rotate', 'deploy', '--deploy-permissions', both)
    expect(first.stdout).not.toContain('gets a new value')
    const { stdout } = await init('--rotate', 'deploy')
    expect(stdout).toContain(
      `the token "${DEPLOY}" with Workers Scripts Write; PRIMARY_DEPLOY_TOKEN gets a new value, and the token of that name is deleted\n`
    )
    expect(permissions()[DEPLOY]).toEqual(['Workers Scripts Write'])
  }, 60_000)

  it('replaces a token that lacks permissions of the plan', async () => {
    stage = await InitStage.open()
    await init('--rotate', 'deploy')
    const { stdout } = await init('--rotate', 'deploy,access', '--lock', 'd1')
    expect(stdout).toMatch(/^healthy$/m)
    expect(permissions()[OWN]).toEqual([
      'D1 Write',
      'Account API Tokens Write',
      'Access: Service Tokens Write',
      'Access: Apps and Policies Write',
      'Access: Organizations, Identity Providers, and Groups Write'
    ])
    expect(await init('--rotate', 'access', '--lock', 'd1')).toMatchObject({
      stdout: expect.stringContaining(
        'the Access service token "rotate-action init acme/ops service", which exists and gets a new secret'
      )
    })
  }, 60_000)

  it.each([true, false])(
    'replaces a token that has expired, with it still readable: %s',
    async (readable) => {
      stage = await InitStage.open()
      const { tokens } = stage.sandbox.cloudflare
      await init('--rotate', 'deploy')
      tokens.existing.find(({ name }) => name === DEPLOY)!.expiresOn = Date.now() - 1000
      tokens.expiredReadable = readable
      expect((await init('--rotate', 'deploy')).stdout).toMatch(/^healthy$/m)
      expect(tokens.works(stage.secrets['PRIMARY_DEPLOY_TOKEN']!)).toBe(true)
    },
    60_000
  )

  it('keeps the live token working until the secret has the new value', async () => {
    stage = await InitStage.open()
    await init('--rotate', 'deploy')
    const live = stage.secrets['PRIMARY_DEPLOY_TOKEN']!
    stage.sandbox.faults.add({
      match: { api: 'github', method: 'PUT', path: /\/secrets\/PRIMARY_DEPLOY_TOKEN$/, count: Infinity },
      when: 'before',
      answer: { status: 422 }
    })
    const { exitCode } = await stage.init(['--rotate', 'deploy', ...stage.appArguments])
    expect(exitCode).not.toBe(0)
    expect(stage.secrets['PRIMARY_DEPLOY_TOKEN']).toBe(live)
    expect(stage.sandbox.cloudflare.tokens.works(live)).toBe(true)
  }, 60_000)
})
