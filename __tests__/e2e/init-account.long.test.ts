import { afterEach, describe, expect, it } from '@jest/globals'
import { ALL, InitStage } from './init-stage.ts'

let stage: InitStage
afterEach(async () => {
  expect(stage.leaks()).toEqual([])
  await stage.close()
})

const DRY_RUN = ['--rotate', 'deploy', '--dry-run']

/** Lets the list of accounts be answered in another way. */
function answerList(answer: { readonly status: number; readonly body?: unknown }): void {
  stage.sandbox.faults.add({
    match: { api: 'cloudflare', path: /^\/accounts$/, count: Infinity },
    when: 'before',
    answer
  })
}

describe('rotate-action init, finding the account', () => {
  it('says that an account API token needs --account-id, and where the id is', async () => {
    stage = await InitStage.open()
    const { exitCode, stderr } = await stage.init(DRY_RUN, { account: null })
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr:
        "error: --account-id is missing: Cloudflare lists no account for the set-up token.\nGive it the id of the account: it follows dash.cloudflare.com/ in the dashboard's address.\n"
    })
  }, 60_000)

  it('takes the only account that a token of a user lists', async () => {
    stage = await InitStage.open()
    const { value } = stage.sandbox.cloudflare.userTokens.seed({ name: 'ada', groups: ALL })
    const options = { account: null, env: { CLOUDFLARE_SETUP_TOKEN: value } }
    const { exitCode, stdout } = await stage.init(DRY_RUN, options)
    expect({ exitCode, first: stdout.split('\n')[0] }).toEqual({
      exitCode: 0,
      first: 'In the Cloudflare account a1b2c3d4e5f60718293a4b5c6d7e8f90:'
    })
  }, 60_000)

  it.each([
    ['is empty', { status: 200, body: { success: true, errors: [], messages: [], result: [] } }],
    ['is refused', { status: 403 }]
  ])(
    'asks for --account-id when the list %s, and goes on with it',
    async (_, answer) => {
      stage = await InitStage.open()
      answerList(answer)
      const refused = await stage.init(DRY_RUN, { account: null })
      expect(refused).toMatchObject({ exitCode: 2 })
      expect(refused.stderr).toContain('--account-id is missing')
      expect(await stage.init(DRY_RUN)).toMatchObject({ exitCode: 0 })
    },
    60_000
  )

  it.each(['unauthorized', 'route'] as const)(
    'doubts the id where the token has no permission at all, with the answer %s',
    async (answer) => {
      stage = await InitStage.open()
      stage.sandbox.cloudflare.foreignAccountAnswer = answer
      const { exitCode, stderr } = await stage.init(DRY_RUN, { account: '0'.repeat(32) })
      expect(exitCode).toBe(2)
      expect(stderr).toContain(
        `The set-up token lacks these permissions on the account ${'0'.repeat(32)}:\n  Account API Tokens Write\n  Workers KV Storage Write\nCheck that this is the account of the token`
      )
    },
    60_000
  )

  it('says that the set-up token does not work, not that it lacks permissions', async () => {
    stage = await InitStage.open()
    const { stderr } = await stage.init(DRY_RUN, { env: { CLOUDFLARE_SETUP_TOKEN: 'x'.repeat(40) } })
    expect(stderr).toContain('Check the token: it is not known, not active, or expired.')
    expect(stderr).not.toContain('lacks these permissions')
  }, 60_000)
})
