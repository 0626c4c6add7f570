import { describe, expect, it } from '@jest/globals'
import { writesOf } from '../../simulation/calls.ts'
import { configure, rotationsIn } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY, HOUR, LEASE, MINUTE } from '../../simulation/times.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { ACCESS, BOOTSTRAP } from '../../simulation/world.ts'
import { expectRotated } from './expectations.ts'
import { createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { managedTokens, slotsNow } from './state.ts'

const CHECK = { command: 'check' } as const

/** What was found, as `severity kind`. */
function found({ record }: WorldRun): readonly string[] {
  return record.findings.map(({ severity, kind }) => `${severity} ${kind}`)
}

function messageOf({ record }: WorldRun, kind: string): string {
  return record.findings
    .filter((finding) => finding.kind === kind)
    .map(({ message }) => message)
    .join('\n')
}

function tokenIn(world: Scenario, name: string) {
  return world.sandbox.cloudflare.tokens.findByValue(slotsNow(world)[0]![name]!)!
}

describe('command: check', () => {
  it('reports a rotated account as healthy and changes nothing', async () => {
    const world = await createRotatedScenario()
    const run = await world.run(CHECK)
    expect({
      outcome: run.record.outcome,
      errors: found(run).filter((one) => one.startsWith('error'))
    }).toEqual({
      outcome: 'healthy',
      errors: []
    })
    expect(writesOf(world)).toEqual([])
    expect(openAlerts(world)).toEqual([])
  })

  it('keeps nothing valid when it runs before every rotation', async () => {
    const world = await createRotatedScenario()
    for (let day = 0; day < 3; day++) {
      expect((await world.run(CHECK)).record.outcome).toBe('healthy')
      world.clock.advance(HOUR)
      expectRotated(world, await world.run())
      world.clock.advance(HOUR)
    }
    expect(managedTokens(world)).toHaveLength(4)
  })

  it('succeeds before the first rotation and says that it is still to come', async () => {
    const run = await createScenario().run(CHECK)
    expect(run.record.outcome).toBe('healthy')
    expect(found(run)).toContain('info first-rotation')
  })

  it('names everything that is missing at once and fails with one alert', async () => {
    const world = createScenario()
    const env = world.environment()
    delete env['PRIMARY_SECRET_EDIT_TOKEN']
    const run = await world.run({ ...CHECK, env, githubSecretsToken: null })
    expect(run.record.outcome).toBe('unhealthy')
    expect(messageOf(run, 'missing-value')).toContain('PRIMARY_SECRET_EDIT_TOKEN')
    expect(messageOf(run, 'missing-value')).toContain('github-secrets-token')
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('warns of a permission that is probably missing and says what to do', async () => {
    const world = createScenario()
    const permissions = world.account.githubSecretsToken.permissions as Record<string, string>
    permissions['environments'] = 'read'
    permissions['secrets'] = 'read'
    const run = await world.run(CHECK)
    expect(run.record.outcome).toBe('healthy')
    expect(found(run)).toContain('warning no-access')
    expect(messageOf(run, 'no-access')).toContain(
      'GitHub secrets of octo-org/ops, environment rotation probably cannot be written'
    )
    expect(run.record.findings.find(({ kind }) => kind === 'no-access')!.action).toContain('secrets=write')
  })

  it('reports a PRIMARY that is revoked', async () => {
    const world = await createRotatedScenario()
    tokenIn(world, 'PRIMARY_SECRET_EDIT_TOKEN').disabled = true
    const run = await world.run(CHECK)
    expect(run.record.outcome).toBe('unhealthy')
    expect(found(run)).toContain('error primary-dead')
  })

  it('reports a SECONDARY that is revoked without using it', async () => {
    const world = await createRotatedScenario()
    const secondary = tokenIn(world, 'SECONDARY_SECRET_EDIT_TOKEN')
    const used = secondary.lastUsedOn
    secondary.disabled = true
    const run = await world.run(CHECK)
    expect(found(run)).toContain('error fallback')
    expect(secondary.lastUsedOn).toBe(used)
  })

  it('reports destinations that differ', async () => {
    const world = await createRotatedScenario()
    const entry = [...world.account.store.secrets.values()].find(
      ({ name }) => name === 'PRIMARY_SECRET_EDIT_TOKEN'
    )!
    entry.comment = `rotate ${'0'.repeat(32)} never run 1 home 4b147bce`
    expect(found(await world.run(CHECK))).toContain('error slots-disagree')
  })

  it('reports slots that expire before the next run can be expected', async () => {
    const world = await createRotatedScenario()
    world.clock.advance(20 * HOUR)
    const run = await world.run(CHECK)
    expect(run.record.outcome).toBe('unhealthy')
    expect(messageOf(run, 'expires-soon')).toContain('before the next scheduled run')
  })

  it('reports a rotation that is a day late but not one that is an hour late', async () => {
    const configuration = configure(BOOTSTRAP, { rotation: { every: '7d' }, credential: { ttl: '30d' } })
    const world = createScenario()
    await world.run({ configuration })
    world.clock.advance(7 * DAY + HOUR)
    expect((await world.run({ ...CHECK, configuration })).record.outcome).toBe('healthy')
    world.clock.advance(DAY)
    const run = await world.run({ ...CHECK, configuration })
    expect(found(run)).toContain('error overdue')
  })

  it('reports what an interrupted run left', async () => {
    const world = await createRotatedScenario()
    const { tokens } = world.sandbox.cloudflare
    const like = managedTokens(world)[0]!
    world.account.run.status = 'completed'
    const made = tokens.seed({
      name: `${like.name.replace(/[^/]+$/, '')}${new Date(world.clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, '')}-${world.account.run.id}.1`,
      groups: ['Account API Tokens Write'],
      ttlMs: DAY
    })
    world.clock.advance(LEASE)
    const run = await world.run(CHECK)
    expect(found(run)).toContain('warning orphan')
    expect(messageOf(run, 'orphan')).toContain(made.id)
  })

  it('reports a repository secret that an environment shadows', async () => {
    const world = createScenario()
    const { repository } = world.account
    const configuration = configure(BOOTSTRAP, { github: { environment: undefined } })
    for (const [name, value] of Object.entries(world.environment())) {
      if (name.startsWith('PRIMARY')) repository.secrets.actions.put(name, value)
    }
    const run = await world.run({ ...CHECK, configuration })
    expect(run.record.outcome).toBe('unhealthy')
    expect(messageOf(run, 'shadowed')).toContain('octo-org/ops, environment rotation')
  })

  it('counts the credentials that no rotation manages and those that never expire', async () => {
    const world = createScenario({ access: true })
    world.sandbox.cloudflare.tokens.seed({ name: 'made by hand', groups: ['Workers KV Storage Write'] })
    const run = await world.run({
      ...CHECK,
      configuration: configure(BOOTSTRAP, { moreRotations: rotationsIn(ACCESS) })
    })
    expect(messageOf(run, 'unmanaged')).toContain('made by hand')
    expect(messageOf(run, 'never-expires')).toContain('made by hand')
  })

  it('reports a token that lacks the permission of its role, without using SECONDARY instead', async () => {
    const world = await createRotatedScenario()
    const weak = world.sandbox.cloudflare.tokens.seed({ name: 'weak', groups: ['Workers KV Storage Read'] })
    const secondary = tokenIn(world, 'SECONDARY_TOKEN_CREATION_TOKEN')
    const used = secondary.lastUsedOn
    const run = await world.run({
      ...CHECK,
      env: { ...world.environment(), CLOUDFLARE_API_TOKEN: weak.value }
    })
    expect(messageOf(run, 'no-access')).toContain('$CLOUDFLARE_API_TOKEN')
    expect(messageOf(run, 'no-access')).toContain('Workers KV Storage Write')
    expect(secondary.lastUsedOn).toBe(used)
  })

  it.each([
    ['a rollback', { command: 'rollback' }],
    ['`command: contain`', { command: 'contain' }]
  ] as const)('does not report what %s leaves as a fault', async (_what, options) => {
    const world = await createRotatedScenario()
    await world.run(options)
    world.clock.advance(MINUTE)
    expect((await world.run(CHECK)).record.outcome).toBe('healthy')
  })

  it.each([
    [480, ['warning limit-close']],
    [550, []]
  ])(
    'warns of the default limit of API tokens with %d of them, unless it was raised',
    async (count, said) => {
      const world = createScenario()
      const { tokens } = world.sandbox.cloudflare
      tokens.limit = 1000
      for (let made = 0; made < count; made++)
        tokens.seed({ name: `t${made}`, groups: ['Workers KV Storage Write'] })
      expect(found(await world.run(CHECK)).filter((one) => one.endsWith('limit-close'))).toEqual(said)
    }
  )

  it.each([
    ['has little room left', 12, 15, ['warning limit-close']],
    ['is full', 12, 12, ['warning limit-close']],
    ['was given more room', 150, 1000, []]
  ])(
    'warns by the quota of the Secrets Store only where it is nearly used up: it %s',
    async (_how, held, quota, said) => {
      const world = await createRotatedScenario()
      const { secretsStores } = world.sandbox.cloudflare
      secretsStores.quota = quota
      const missing = held - secretsStores.usage
      const inputs = Array.from({ length: missing }, (_, index) => ({ name: `S${index}`, value: 'v' }))
      secretsStores.create(
        world.account.store,
        inputs.map((input) => ({ ...input, scopes: ['workers'] as const }))
      )
      const run = await world.run(CHECK)
      expect(run.record.outcome).toBe('healthy')
      expect(found(run).filter((one) => one.endsWith('limit-close'))).toEqual(said)
    }
  )

  it('reports a healthy account where the quota of the Secrets Store cannot be read', async () => {
    const world = await createRotatedScenario()
    const match = { path: /secrets_store\/quota$/, count: Infinity }
    world.sandbox.faults.add({ match, when: 'before', answer: { status: 404 } })
    const run = await world.run(CHECK)
    expect(run.record.outcome).toBe('healthy')
    expect(messageOf(run, 'no-access')).toMatch(/^The number of secrets that .* could not be read: /)
  })

  it('reports a schedule that has stopped, by its earlier interval', async () => {
    const world = await createRotatedScenario()
    for (let hour = 0; hour < 5; hour++) {
      world.account.repository.addRun({ status: 'completed' })
      world.clock.advance(HOUR)
    }
    const { id } = world.account.repository.addRun({ event: 'workflow_dispatch' })
    world.clock.advance(7 * HOUR)
    expect(found(await world.run({ ...CHECK, runId: id }))).toContain('error schedule-skipped')
  })

  it('reports a schedule that GitHub has disabled or is about to disable', async () => {
    const world = createScenario({ isPublic: true })
    world.account.repository.addRun({ status: 'completed' })
    world.clock.advance(56 * DAY)
    const run = await world.run(CHECK)
    expect(found(run)).toContain('error schedule-ending')
    world.account.repository.workflows[0]!.state = 'disabled_inactivity'
    expect(messageOf(await world.run(CHECK), 'schedule-ending')).toContain('is disabled')
  })

  it('reports a GitHub token that is about to expire', async () => {
    const world = createScenario()
    Object.assign(world.account.githubSecretsToken, {
      kind: 'pat',
      expiresAt: world.clock.now() + 3 * DAY
    })
    expect(found(await world.run(CHECK))).toContain('error github-token-expiring')
  })

  it('reports an alert that could not be raised', async () => {
    const world = createScenario()
    world.account.repository.hasIssues = false
    const run = await world.run(CHECK)
    expect(run.record.outcome).toBe('unhealthy')
    expect(found(run)).toContain('error alert')
  })

  it('succeeds while another run holds the lock', async () => {
    const world = await createRotatedScenario()
    const held = { owner: '1.1/other', run: 'https://example.org/run/1', expires: world.clock.now() + MINUTE }
    world.account.namespace.write('rotate/bootstrap', {
      value: JSON.stringify(held),
      expirationTtlSeconds: 3_600
    })
    const run = await world.run(CHECK)
    expect(run.record.outcome).toBe('healthy')
    expect(found(run)).toContain('info locked')
  })

  it('closes its alert when everything is healthy again', async () => {
    const world = await createRotatedScenario()
    const token = tokenIn(world, 'PRIMARY_SECRET_EDIT_TOKEN')
    token.disabled = true
    await world.run(CHECK)
    expect(openAlerts(world)).toHaveLength(1)
    token.disabled = false
    expect((await world.run(CHECK)).record.outcome).toBe('healthy')
    expect(openAlerts(world)).toEqual([])
  })
})
