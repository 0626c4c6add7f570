import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

describe('transcript', () => {
  it('records the caller, the call and its outcome without any secret value', async () => {
    const { sandbox, account, call, clock } = createStage()
    sandbox.latencyMs = 100
    const target = `/secrets_store/stores/${account.store.id}/secrets`
    const json = [{ name: 'A', value: 'very-secret', scopes: ['workers'] }]
    await call(account.secretEdit.value, `${target}?x=1`, { method: 'POST', json })
    await call('cfat_unknown', '/nothing')
    expect(sandbox.transcript.calls).toEqual([
      {
        seq: 1,
        api: 'cloudflare',
        method: 'POST',
        path: `/accounts/${account_id}${target}?x=1`,
        operation: 'POST /accounts/:account_id/secrets_store/stores/:store_id/secrets',
        actor: 'secret edit (made by hand)',
        startedAt: Date.UTC(2026, 0, 1),
        endedAt: Date.UTC(2026, 0, 1) + 100,
        status: 200,
        applied: true,
        body: [{ name: 'A', value: '<secret>', scopes: ['workers'] }]
      },
      expect.objectContaining({ seq: 2, operation: undefined, actor: undefined, status: 404, applied: false })
    ])
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1) + 200)
    expect(sandbox.transcript.counts()).toEqual({
      'POST /accounts/:account_id/secrets_store/stores/:store_id/secrets': 1,
      [`GET /accounts/${account_id}/nothing`]: 1
    })
  })

  it('finds the longest chain of calls that waited for each other', async () => {
    const { sandbox, account, call, octokit } = createStage()
    sandbox.latencyMs = 50
    const verify = () => call(account.tokenCreation.value, '/tokens/verify')
    const repository = () => octokit(account.githubToken.value).repos.get({ owner: 'octo-org', repo: 'ops' })
    await verify()
    await Promise.all([verify(), verify(), repository(), repository()])
    await Promise.all([verify().then(verify), verify()])
    expect(sandbox.transcript.length).toBe(8)
    expect(sandbox.transcript.roundTrips()).toBe(4)
    expect(sandbox.transcript.roundTrips(({ api }) => api === 'github')).toBe(1)
    const chain = sandbox.transcript.longestChain()
    chain.slice(1).forEach((call, index) => {
      expect(call.startedAt).toBeGreaterThanOrEqual(chain[index]?.endedAt ?? Infinity)
    })
  })

  it('notifies a listener before and after each call, and waits for it', async () => {
    const { sandbox, account, call } = createStage()
    const events: string[] = []
    const { tokens } = sandbox.cloudflare
    const unsubscribe = sandbox.onCall(async ({ phase, call: { seq } }) => {
      await Promise.resolve()
      events.push(
        `${seq} ${phase} ${tokens.find(account.tokenCreation.id)?.lastUsedOn === undefined ? 'unused' : 'used'}`
      )
    })
    await call(account.tokenCreation.value, '/tokens/verify')
    expect(events).toEqual(['1 before unused', '1 after used'])
    unsubscribe()
    const removeFailing = sandbox.onCall(() => {
      throw new Error('killed')
    })
    await expect(call(account.tokenCreation.value, '/tokens/verify')).rejects.toThrow('killed')
    removeFailing()
    expect((await call(account.tokenCreation.value, '/tokens/verify')).status).toBe(200)
    expect(events).toHaveLength(2)
  })
})
