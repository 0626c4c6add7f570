import { describe, expect, it } from '@jest/globals'
import type { PolicyBody } from '../../sandbox/cloudflare/access-policies.ts'
import { answerStyles, createAccessStage, type AccessStage } from './access-stage.ts'
import { account_id } from './stage.ts'

const everyone = [{ everyone: {} }]

/** Replaces the seeded policies. */
function install({ sandbox, automation }: AccessStage, ...bodies: Omit<PolicyBody, 'name'>[]): void {
  const { applications } = sandbox.cloudflare.access
  automation.application.policies.length = 0
  bodies.forEach((body, index) =>
    applications.addPolicy(automation.application, { name: `p${index}`, ...body })
  )
}

describe('protected application', () => {
  it('answers a missing, a wrong and an unauthorized service token in its answer style', async () => {
    const expected = {
      identity: [302, 302, 302],
      'service-auth-only': [403, 403, 403],
      '401': [401, 401, 401],
      strict: [401, 401, 403]
    }
    for (const style of answerStyles) {
      const { visit, pair, automation, sandbox } = createAccessStage()
      automation.application.answerStyle = style
      const stranger = sandbox.cloudflare.access.serviceTokens.create({ name: 'stranger' })
      const answers = [
        await visit(),
        await visit({ ...pair, clientSecret: 'wrong' }),
        await visit({
          clientId: stranger.clientId,
          clientSecret: stranger.secrets.current
        })
      ]
      expect([style, answers.map(({ status }) => status)]).toEqual([style, expected[style]])
      const location = answers[0]?.headers.get('location') ?? ''
      expect(location.startsWith('https://octo.cloudflareaccess.com/cdn-cgi/access/login/')).toBe(
        style === 'identity'
      )
      expect((await visit(pair)).status).toBe(200)
    }
  })

  it('takes its answer style from its policies, its own setting and the organization', async () => {
    const stage = createAccessStage()
    const { visit, automation, sandbox } = stage
    expect((await visit()).status).toBe(403)
    install(stage, { decision: 'allow', include: [{ email_domain: { domain: 'example.com' } }] })
    expect((await visit()).status).toBe(302)
    automation.application.serviceAuth401Redirect = true
    expect((await visit()).status).toBe(401)
    automation.application.serviceAuth401Redirect = false
    sandbox.cloudflare.access.strictServiceAuth = true
    expect([(await visit(stage.pair)).status, (await visit()).status]).toEqual([403, 401])
  })

  it.each<[number, string, (id: string, group: string) => Omit<PolicyBody, 'name'>[]]>([
    [
      200,
      'this token',
      (id) => [{ decision: 'non_identity', include: [{ service_token: { token_id: id } }] }]
    ],
    [
      200,
      'any service token',
      () => [{ decision: 'non_identity', include: [{ any_valid_service_token: {} }] }]
    ],
    [200, 'everyone', () => [{ decision: 'bypass', include: everyone }]],
    [
      403,
      'only a person',
      () => [{ decision: 'non_identity', include: [{ email: { email: 'a@example.com' } }] }]
    ],
    [200, 'its address', () => [{ decision: 'bypass', include: [{ ip: { ip: '203.0.113.0/24' } }] }]],
    [403, 'only another address', () => [{ decision: 'bypass', include: [{ ip: { ip: '198.51.100.1' } }] }]],
    [200, 'a group with this token', (_, id) => [{ decision: 'non_identity', include: [{ group: { id } }] }]],
    [
      403,
      'everyone but a group with this token',
      (_, id) => [{ decision: 'non_identity', include: everyone, exclude: [{ group: { id } }] }]
    ],
    [
      403,
      'everyone but this token',
      (id) => [
        { decision: 'non_identity', include: everyone, exclude: [{ service_token: { token_id: id } }] }
      ]
    ],
    [
      403,
      'this token only from another address',
      (id) => [
        {
          decision: 'non_identity',
          include: [{ service_token: { token_id: id } }],
          require: [{ ip: { ip: '198.51.100.1' } }]
        }
      ]
    ],
    [
      200,
      'this token after a deny for everyone',
      (id) => [
        { decision: 'deny', include: everyone },
        { decision: 'non_identity', include: [{ service_token: { token_id: id } }] }
      ]
    ],
    [
      302,
      'this token only with an identity',
      (id) => [{ decision: 'allow', include: [{ service_token: { token_id: id } }] }]
    ],
    [403, 'no one', () => []]
  ])('answers %i to a service token when the policies admit %s', async (status, _who, policies) => {
    const stage = createAccessStage()
    const { automation, visit, pair } = stage
    install(stage, ...policies(automation.serviceToken.id, automation.group.id))
    expect((await visit(pair)).status).toBe(status)
  })

  it('refuses a service token when the only admitted group contains itself', async () => {
    const stage = createAccessStage()
    const { automation, visit, pair, sandbox } = stage
    const include = [{ group: { id: automation.group.id } }]
    sandbox.cloudflare.access.groups.replace(automation.group, { name: 'circle', include })
    install(stage, { decision: 'non_identity', include })
    expect((await visit(pair)).status).toBe(403)
  })

  it('refuses a service token whose client id is set as refused', async () => {
    const { visit, pair, automation } = createAccessStage()
    automation.application.refusedClientIds.add(pair.clientId)
    expect((await visit(pair)).status).toBe(403)
    automation.application.refusedClientIds.delete(pair.clientId)
    expect((await visit(pair)).status).toBe(200)
  })

  it('accepts the cookie of an earlier visit for a day after the service token was disabled', async () => {
    const { visit, pair, automation, sandbox, clock } = createAccessStage()
    const cookie = (await visit(pair)).headers.get('set-cookie')?.split(';')[0] ?? ''
    sandbox.cloudflare.access.serviceTokens.update(automation.serviceToken, { enabled: false })
    expect([(await visit(pair)).status, (await visit(pair, { headers: { cookie } })).status]).toEqual([
      403, 200
    ])
    clock.advance(86_400_000)
    expect((await visit(pair, { headers: { cookie } })).status).toBe(403)
  })
})

describe('edge propagation', () => {
  it('applies changed policies and groups at the edge after the policy delay', async () => {
    const { visit, pair, automation, sandbox, access, clock } = createAccessStage()
    sandbox.cloudflare.access.delays.policiesMs = 5000
    const { application, appPolicy, reusablePolicy, group } = automation
    const body = {
      account_id,
      name: 'closed',
      decision: 'non_identity' as const,
      include: [{ group: { id: group.id } }]
    }
    const people = [{ email: { email: 'octocat@example.com' } }]
    await access.applications.policies.update(appPolicy.id, { app_id: application.id, ...body })
    await access.policies.update(reusablePolicy.id, body)
    await access.groups.update(group.id, { account_id, name: 'people', include: people })
    expect(await access.groups.get(group.id, { account_id })).toMatchObject({ include: people })
    clock.advance(4999)
    expect((await visit(pair)).status).toBe(200)
    clock.advance(1)
    expect((await visit(pair)).status).toBe(403)
  })

  it('applies new tokens and revocations at the edge after separate delays', async () => {
    const { visit, pair, automation, sandbox, access, clock } = createAccessStage()
    const { delays } = sandbox.cloudflare.access
    Object.assign(delays, { newSecretsMs: 2000, revocationsMs: 7000 })
    const id = automation.serviceToken.id
    await access.serviceTokens.update(id, { account_id, enabled: false })
    clock.advance(6999)
    expect((await visit(pair)).status).toBe(200)
    clock.advance(1)
    expect((await visit(pair)).status).toBe(403)
    await access.serviceTokens.update(id, { account_id, enabled: true })
    expect((await visit(pair)).status).toBe(403)
    clock.advance(2000)
    expect((await visit(pair)).status).toBe(200)

    install(
      { ...createAccessStage(), sandbox, automation },
      {
        decision: 'non_identity',
        include: [{ any_valid_service_token: {} }]
      }
    )
    const created = await access.serviceTokens.create({ account_id, name: 'new' })
    const newPair = { clientId: created.client_id ?? '', clientSecret: created.client_secret ?? '' }
    expect((await visit(newPair)).status).toBe(403)
    clock.advance(2000)
    expect((await visit(newPair)).status).toBe(200)
    await access.serviceTokens.delete(created.id ?? '', { account_id })
    expect((await visit(newPair)).status).toBe(200)
    clock.advance(7000)
    expect((await visit(newPair)).status).toBe(403)
  })
})
