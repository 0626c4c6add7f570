import { describe, expect, it } from '@jest/globals'
import { account_id, createStage } from './stage.ts'

const path = '/workers/scripts/site/secrets-bulk'

function createWorkerStage() {
  const stage = createStage()
  const { tokens, workers } = stage.sandbox.cloudflare
  const token = tokens.seed({ name: 'workers', groups: ['Workers Scripts Write'] }).value
  const script = workers.addScript('site', { secrets: { OLD: 'value-old' }, bindings: ['URL'] })
  const patch = async (json: unknown) => {
    const { status, body } = await stage.call(token, path, { method: 'PATCH', json })
    return [status, body.errors[0]?.code]
  }
  return { ...stage, token, workers, script, patch }
}

const secretOf = (name: string, text = 'value-new') => ({
  [name]: { name, type: 'secret_text' as const, text }
})

describe('Workers', () => {
  it('change several secrets in one version that is deployed, through the SDK, and never return a value', async () => {
    const { sdk, token, workers, script, sandbox } = createWorkerStage()
    const { scripts } = sdk(token).workers
    const answer = await scripts.secrets.bulkUpdate('site', {
      account_id,
      secrets: { ...secretOf('A'), ...secretOf('B'), OLD: null },
      version_tags: { team: 'web' }
    })
    expect(Object.keys(answer).sort()).toEqual(['A', 'B'])
    expect(script.versions).toHaveLength(2)
    expect(workers.values('site')).toEqual({ A: 'value-new', B: 'value-new' })
    const seen: unknown[] = [answer]
    for await (const secret of scripts.secrets.list('site', { account_id })) seen.push(secret)
    for await (const version of scripts.versions.list('site', { account_id })) {
      seen.push(version)
      if (seen.length > 5) break
    }
    expect(JSON.stringify(seen)).toContain('"team":"web"')
    expect(JSON.stringify([seen, sandbox.transcript.calls])).not.toContain('value-')
  })

  it.each([
    ['an unknown key', { secrets: secretOf('A'), tags: {} }],
    ['a key that is not the name', { secrets: { B: { name: 'A', type: 'secret_text', text: 'v' } } }],
    ['a name that is not an identifier', { secrets: secretOf('A-B') }],
    ['a value that is too long', { secrets: secretOf('A', 'x'.repeat(5_121)) }],
    ['a tag that is not a text', { secrets: secretOf('A'), version_tags: { a: 1 } }],
    ['a secret to delete that does not exist', { secrets: { A: null } }]
  ])('refuse a bulk write with %s', async (_case, json) => {
    const { patch } = createWorkerStage()
    expect(await patch(json)).toEqual([400, 1001])
  })

  it('refuse a name that another binding has with 10053', async () => {
    const { patch } = createWorkerStage()
    expect(await patch({ secrets: secretOf('URL') })).toEqual([400, 10053])
  })

  it('refuse a change of secrets with 10215 while the newest version is not the deployed one', async () => {
    const { patch, workers } = createWorkerStage()
    workers.upload('site')
    expect(await patch({ secrets: secretOf('A') })).toEqual([400, 10215])
    workers.deploy('site', { 1: 50, 2: 50 })
    expect(await patch({ secrets: secretOf('A') })).toEqual([400, 10215])
    workers.deploy('site')
    expect(await patch({ secrets: secretOf('A') })).toEqual([200, undefined])
  })

  it('answer 404/10007 for a Worker that does not exist, and 403 without the permission', async () => {
    const { call, token, account } = createWorkerStage()
    const { status, body } = await call(token, '/workers/scripts/other/versions')
    expect([status, body.errors[0]?.code]).toEqual([404, 10007])
    expect((await call(account.secretEdit.value, '/workers/scripts/site/versions')).status).toBe(403)
  })

  it.each(['replaced', 'merged'] as const)(
    'have tags that are %s by those of the next version',
    async (tags) => {
      const { patch, workers, script } = createWorkerStage()
      workers.tags = tags
      await patch({ secrets: secretOf('A'), version_tags: { a: '1' } })
      await patch({ secrets: secretOf('A'), version_tags: { b: '2' } })
      expect(script.versions.at(-1)?.tags).toEqual(tags === 'merged' ? { a: '1', b: '2' } : { b: '2' })
    }
  )
})
