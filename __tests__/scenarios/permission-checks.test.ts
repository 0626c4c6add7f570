import { describe, expect, it } from '@jest/globals'
import type { FaultAnswer } from '../../sandbox/faults.ts'
import { accessPermissions } from '../../sandbox/seed-access.ts'
import { CALLS } from '../../simulation/calls.ts'
import { expectRotated, failureOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario } from './scenario.ts'
import { aliveTokens } from './state.ts'

const PLAN = { command: 'plan' } as const
const FOREIGN: readonly (readonly [string, FaultAnswer])[] = [
  ['a block page', { page: 'block' }],
  ["a web server's 404", { page: 'html-404' }],
  ['a refusal of the platform', { refusal: { status: 403, code: 10000, message: 'Authentication error' } }],
  ['a server error', { status: 503 }]
]

describe('the deletion of a GitHub secret that does not exist', () => {
  const match = { method: 'DELETE', path: /ROTATE_ACTION_PERMISSION_CHECK/, count: Infinity }

  it.each(FOREIGN)(
    'does not fail a run because its check of the permission to write secrets gets %s',
    async (_what, answer) => {
      const world = createScenario()
      world.sandbox.faults.add({ match, when: 'before', answer })
      const run = await world.run()
      expectRotated(world, run)
      expect(run.record.warnings.join('\n')).toMatch(
        /GitHub secrets of octo-org\/ops, environment rotation.*(probably cannot be written|could not check)/
      )
      expect(run.record.warnings.filter((text) => text.includes('GitHub secrets of'))).toHaveLength(1)
    }
  )

  it('warns in a plan of a missing permission to write GitHub secrets, and names it', async () => {
    const world = createScenario()
    const reader = world.sandbox.github.addToken({
      kind: 'pat',
      name: 'reader',
      permissions: { secrets: 'read', environments: 'read' }
    })
    const run = await world.run({ ...PLAN, githubSecretsToken: reader.value })
    expect(run.record.outcome).toBe('planned')
    expect(run.record.warnings.join('\n')).toMatch(/probably cannot be written.*secrets=write/s)
  })

  it('lets the write decide about a missing permission, and undoes everything when it is refused', async () => {
    const world = createScenario()
    const reader = world.sandbox.github.addToken({
      kind: 'pat',
      name: 'reader',
      permissions: { secrets: 'read', environments: 'read' }
    })
    const run = await world.run({ githubSecretsToken: reader.value })
    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run).message + failureOf(run).hint).toContain('secrets=write')
    expect(run.record.warnings.join('\n')).toContain('probably cannot be written')
  })
})

describe('the deletion of a policy that does not exist', () => {
  const match = { method: 'DELETE', path: /0000-000000000000$/, count: Infinity }

  it.each(FOREIGN)(
    'does not fail a run because its check of the permission to edit policies gets %s',
    async (_what, answer) => {
      const world = createScenario(accessService)
      world.sandbox.faults.add({ match, when: 'before', answer })
      const run = await world.run()
      expect(run.record.outcome).toBe('rotated')
      const said = run.record.warnings.filter((text) => text.includes('names the service token'))
      expect(said.length).toBeGreaterThan(0)
    }
  )

  it.each([
    ['policies', 'Access: Apps and Policies Write', 'Access: Apps and Policies Read'],
    [
      'groups',
      'Access: Organizations, Identity Providers, and Groups Write',
      'Access: Organizations, Identity Providers, and Groups Read'
    ]
  ])(
    'warns of a token that may not edit %s, lets the edit decide, and undoes',
    async (_what, write, read) => {
      const world = createScenario(accessService)
      const token = world.sandbox.cloudflare.tokens.seed({
        name: 'too little',
        groups: [...accessPermissions.filter((group) => group !== write), read]
      })
      const env = { ...world.environment(), CLOUDFLARE_API_TOKEN: token.value }
      const plan = await world.run({ ...PLAN, env })
      expect(plan.record.warnings.join('\n')).toMatch(
        /"(R2 Explorer automation|Automation|Machines)" names the service token and probably cannot be edited/
      )
      const run = await world.run({ env })
      expect(run.record.outcome).toBe('rolled-back')
      expect(failureOf(run)).toMatchObject({ code: 'permission' })
      expect(aliveTokens(world)).toHaveLength(1)
    }
  )
})

it('names what the creating token may grant when a creation asks for more', async () => {
  const world = await createRotatedScenario()
  const refusal = {
    status: 400,
    code: 1001,
    message: 'Failed common permission check against resources: [com.cloudflare.api.account.zone.x]'
  }
  world.sandbox.faults.add({
    match: { operation: CALLS.createToken, count: Infinity },
    when: 'before',
    answer: { refusal }
  })
  const run = await world.run({ force: true })
  expect(run.record.outcome).toBe('rolled-back')
  expect(failureOf(run)).toMatchObject({
    code: 'permission',
    message: expect.stringContaining('Failed common permission check') as unknown,
    hint: expect.stringMatching(/can grant only permissions that it holds itself/) as unknown
  })
})

it('links the page of Cloudflare’s documentation when a permission is missing', async () => {
  const world = await createRotatedScenario()
  const reader = world.sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['Workers KV Storage Read'] })
  const run = await world.run({
    force: true,
    env: { ...world.environment(), CLOUDFLARE_API_TOKEN: reader.value }
  })
  expect(failureOf(run)).toMatchObject({
    code: 'permission',
    hint: expect.stringContaining('https://developers.cloudflare.com/') as unknown
  })
})
