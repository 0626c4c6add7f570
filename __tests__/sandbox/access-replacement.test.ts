import { describe, expect, it } from '@jest/globals'
import type { AccessRuleParam } from 'cloudflare/resources/zero-trust/access/applications/policies'
import { createAccessStage } from './access-stage.ts'
import { account_id } from './stage.ts'

describe('manual replacement of a service token', () => {
  it('admits the new token wherever the old one was, revokes the old one, and keeps all other rules', async () => {
    const stage = createAccessStage()
    const { access, automation, visit, pair, sandbox, send } = stage
    const { application, appPolicy, reusablePolicy, group, serviceToken } = automation
    Object.assign(sandbox.cloudflare.access.delays, {
      policiesMs: 1000,
      newSecretsMs: 1000,
      revocationsMs: 1000
    })
    const settle = () => stage.clock.advance(1000)
    const before = JSON.stringify(sandbox.cloudflare.access.ruleBodies)

    const admit = async (...ids: string[]) => {
      const include: AccessRuleParam[] = ids.map((token_id) => ({ service_token: { token_id } }))
      const json = {
        name: 'R2 Explorer automation',
        decision: 'non_identity',
        include,
        session_duration: '30m'
      }
      const target = `/apps/${application.id}/policies/${appPolicy.id}`
      await send(target, { method: 'PUT', json: { ...json, precedence: 1 } })
      await access.policies.update(reusablePolicy.id, {
        ...{ account_id, name: 'Automation', include },
        decision: 'non_identity'
      })
      await access.groups.update(group.id, { account_id, name: 'Machines', include })
      settle()
    }
    const created = await access.serviceTokens.create({ account_id, name: 'new' })
    const newPair = { clientId: created.client_id ?? '', clientSecret: created.client_secret ?? '' }
    const newId = created.id ?? ''
    expect((await visit(newPair)).status).toBe(403)
    await admit(serviceToken.id, newId)
    expect([(await visit(pair)).status, (await visit(newPair)).status]).toEqual([200, 200])

    await access.serviceTokens.update(serviceToken.id, { account_id, enabled: false })
    settle()
    expect([(await visit(pair)).status, (await visit(newPair)).status]).toEqual([403, 200])
    await expect(access.serviceTokens.delete(serviceToken.id, { account_id })).rejects.toMatchObject({
      status: 400
    })
    await admit(newId)
    expect(sandbox.cloudflare.access.rulesNaming(serviceToken.id)).toEqual([])
    await access.serviceTokens.delete(serviceToken.id, { account_id })
    expect((await visit(newPair)).status).toBe(200)
    expect(JSON.stringify(sandbox.cloudflare.access.ruleBodies)).toBe(
      before.replaceAll(serviceToken.id, newId)
    )
  })
})
