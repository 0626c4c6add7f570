import { describe, expect, it } from '@jest/globals'
import { CALLS, isCall } from '../../simulation/calls.ts'
import { configure, withoutLock } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { HOUR, LEASE } from '../../simulation/times.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import { breakCreation } from './alert-mail.ts'
import { expectRecovered, failureOf } from './expectations.ts'
import { createRotatedScenario, createScenario } from './scenario.ts'

const MARKER =
  /<!-- rotate-action alert=[0-9a-f]{16} failing=bootstrap since=\S+ count=(\d+) at=\S+ state=\S+ -->/

describe('alert by issue', () => {
  it('opens an issue on a failure, updates it on the next one and closes it with a comment on a success', async () => {
    const world = await createRotatedScenario()
    const { issues } = world.account.repository
    const repair = breakCreation(world)

    const first = await world.run()
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({
      title: expect.stringMatching(
        /^Rotation of bootstrap was rolled back: .*Consumers are safe until/
      ) as unknown,
      state: 'open',
      labels: ['credential-rotation']
    })
    expect(MARKER.exec(issues[0]!.body!)?.[1]).toBe('1')
    expect(issues[0]!.body).toContain(`actions/runs/${first.runId}`)
    expect(first.alertUrl).toBe('https://github.com/octo-org/ops/issues/1')

    world.clock.advance(HOUR)
    const second = await world.run()
    expect(issues).toHaveLength(1)
    expect(MARKER.exec(issues[0]!.body!)?.[1]).toBe('2')
    expect(issues[0]!.body).toContain(`actions/runs/${second.runId}`)
    expect(issues[0]!.comments).toEqual([])

    repair()
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run())
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ state: 'closed', stateReason: 'completed' })
    expect(issues[0]!.comments.map(({ body }) => body)).toEqual([expect.stringContaining('It works again')])

    const again = breakCreation(world)
    world.clock.advance(HOUR)
    await world.run()
    again()
    expect(issues.map(({ state }) => state)).toEqual(['closed', 'open'])
  })

  it('states in the issue how urgent it is, which call failed and what to do', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    const run = await world.run()
    const body = world.account.repository.issues[0]!.body!
    expect(body).toMatch(
      /^\*\*Consumers are safe until 20\d\d\u2011\d\d\u2011\d\d\u00a0\d\d:\d\d\u00a0UTC\*\*/
    )
    expect(body).toContain(`POST /client/v4/accounts/${world.account.accountId}/tokens`)
    expect(body).toContain('status 400')
    expect(body).toContain(`/blob/HEAD/docs/runbook.md#${failureOf(run).code})`)
    expect(body).toContain('Run the workflow again by hand')
    expect(failureOf(run).call?.status).toBe(400)
  })

  it('marks the issue as urgent when no slot of a credential works', async () => {
    const world = createScenario()
    const { tokens } = world.sandbox.cloudflare
    tokens.delete(world.account.secretEdit.id)
    const store = tokens.seed({ name: 'store', groups: ['Secrets Store Write'] })
    const configuration = configure(BOOTSTRAP, { top: { auth: { secrets: 'STORE_TOKEN' } } })
    await world.run({ configuration, env: { ...world.environment(), STORE_TOKEN: store.value } })
    expect(world.account.repository.issues[0]!.body).toMatch(/^\*\*Urgent/)
  })

  it('leaves the issue open when a run was locked', async () => {
    const world = await createRotatedScenario()
    const repair = breakCreation(world)
    await world.run()
    repair()
    const held = {
      owner: '1.1/other',
      run: 'https://github.com/octo-org/ops/actions/runs/1',
      expires: world.clock.now() + LEASE
    }
    world.clock.advance(HOUR)
    held.expires = world.clock.now() + LEASE
    world.account.namespace.write('rotate/bootstrap', {
      value: JSON.stringify(held),
      expirationTtlSeconds: 300
    })
    expect((await world.run()).record.outcome).toBe('locked')
    expect(openAlerts(world)).toHaveLength(1)
    expect(openAlerts(world)[0]!.comments).toEqual([])
  })

  it('leaves the issue open when a run was stale', async () => {
    const world = await createRotatedScenario()
    const queued = world.account.repository.addRun()
    const env = world.environment()
    world.clock.advance(60_000)
    await world.run()
    world.account.repository.addIssue({
      title: 'Rotation of bootstrap failed',
      author: 'github-actions[bot]',
      labels: ['credential-rotation'],
      body: await markerOf(world)
    })
    expect((await world.run({ env, runId: queued.id })).record.outcome).toBe('stale')
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('leaves alone issues of other workflows and of strangers, and pull requests', async () => {
    const world = await createRotatedScenario()
    const { repository } = world.account
    const marker = await markerOf(world)
    const labels = ['credential-rotation']
    const others = [
      repository.addIssue({
        title: 'other workflow',
        author: 'github-actions[bot]',
        labels,
        body: marker.replace(/alert=[0-9a-f]{16}/, `alert=${'0'.repeat(16)}`)
      }),
      repository.addIssue({ title: 'stranger', author: 'mallory', body: marker }),
      repository.addIssue({
        title: 'pull request',
        author: 'octocat',
        labels,
        body: marker,
        isPullRequest: true
      })
    ].map((issue) => ({ ...issue }))
    const repair = breakCreation(world)
    await world.run()
    expect(repository.issues).toHaveLength(others.length + 1)
    repair()
    world.clock.advance(HOUR)
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(repository.issues.at(-1)!.state).toBe('closed')
    expect(repository.issues.slice(0, -1)).toEqual(others)
  })

  it('keeps one issue although two runs failed at the same moment', async () => {
    const world = await createRotatedScenario()
    const configuration = withoutLock(BOOTSTRAP)
    const repair = breakCreation(world)
    await Promise.all([world.run({ configuration }), world.run({ configuration })])
    const [first, second] = world.account.repository.issues
    expect([first?.state, second?.state]).toEqual(['open', 'closed'])
    expect(second!.comments.map(({ body }) => body)).toEqual([`Duplicate of #${first!.number}`])
    expect(MARKER.exec(first!.body!)?.[1]).toBe('2')
    repair()
    world.clock.advance(HOUR)
    expectRecovered(world, await world.run({ configuration }))
  })

  it.each([
    ['that fails again', true],
    ['that succeeds', false]
  ])('keeps one of the two issues that a killed run left in a run %s', async (_how, fails) => {
    const world = await createRotatedScenario()
    const { repository } = world.account
    const repair = breakCreation(world)
    await world.run()
    const { title, body, labels } = repository.issues[0]!
    repository.addIssue({ title, body, labels, author: 'github-actions[bot]' })
    if (!fails) repair()
    world.clock.advance(HOUR)
    await world.run()
    expect(repository.issues.map(({ state }) => state)).toEqual([fails ? 'open' : 'closed', 'closed'])
  })

  it('finds its issue on the second page', async () => {
    const world = await createRotatedScenario()
    const { repository } = world.account
    const repair = breakCreation(world)
    await world.run()
    for (let issue = 0; issue < 120; issue++)
      repository.addIssue({ title: `other ${issue}`, author: 'octocat', labels: ['credential-rotation'] })
    repair()
    world.clock.advance(HOUR)
    expect((await world.run()).record.outcome).toBe('rotated')
    expect(repository.issues[0]!.state).toBe('closed')
  })

  it.each(['drop', 'hang', 'garbage', { status: 502 }] as const)(
    'opens one issue although the answer to its creation was lost (%j)',
    async (answer) => {
      const world = await createRotatedScenario()
      breakCreation(world)
      world.sandbox.faults.add({ match: { operation: CALLS.openIssue }, when: 'after', answer })
      await world.run()
      world.clock.advance(HOUR)
      await world.run()
      expect(world.account.repository.issues).toHaveLength(1)
    }
  )

  it.each([
    ['the token may not write issues', 403],
    ['GitHub is down', 503]
  ])('reports the failure in full although the issue cannot be opened because %s', async (_why, status) => {
    const world = await createRotatedScenario()
    breakCreation(world)
    world.sandbox.faults.add({
      match: { path: /\/issues/, count: Infinity },
      when: 'before',
      answer: { status }
    })
    const run = await world.run()
    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run).message).toContain('no new credential could be created')
    expect(run.alertError?.code).toBe('alert')
    expect(run.alertError?.message).toContain('The alert could not be raised')
    expect(run.alertError?.hint).toBeDefined()
  })

  it('succeeds although the issue cannot be searched for', async () => {
    const world = await createRotatedScenario()
    world.sandbox.faults.add({
      match: { operation: CALLS.listIssues, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    expect((await world.run()).record.outcome).toBe('rotated')
  })

  it('opens the issue in the configured repository with the configured labels', async () => {
    const world = await createRotatedScenario()
    const alerts = world.sandbox.github.addRepository('octo-org/alerts')
    world.account.githubToken.repositories = 'all'
    breakCreation(world)
    const run = await world.run({
      configuration: configure(BOOTSTRAP, {
        top: { alert: { type: 'issue', repository: 'octo-org/alerts', labels: ['rotation', 'urgent'] } }
      })
    })
    expect(alerts.issues.map(({ labels }) => labels)).toEqual([['rotation', 'urgent']])
    expect(world.account.repository.issues).toEqual([])
    expect(run.alertUrl).toContain('octo-org/alerts')
  })

  it('opens no issue when the configuration disables alerts', async () => {
    const world = await createRotatedScenario()
    breakCreation(world)
    const run = await world.run({ configuration: configure(BOOTSTRAP, { top: { alert: { type: 'none' } } }) })
    expect(run.record.outcome).toBe('rolled-back')
    expect(world.sandbox.transcript.calls.filter(isCall('listIssues'))).toEqual([])
    expect(world.account.repository.issues).toEqual([])
  })
})

/** What a real alert of this workflow has as its marker. */
async function markerOf(world: World): Promise<string> {
  const other = await createRotatedScenario()
  breakCreation(other)
  await other.run()
  expect(other.account.accountId).toBe(world.account.accountId)
  return MARKER.exec(other.account.repository.issues[0]!.body!)![0]
}
