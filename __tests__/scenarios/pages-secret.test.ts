import { describe, expect, it } from '@jest/globals'
import { addPagesProject, PROJECT, WITH_PAGES } from '../../simulation/elsewhere.ts'
import { DAY, HOUR } from '../../simulation/times.ts'
import { failureOf, rotationOf } from './expectations.ts'
import { createPagesScenario, EVERY_TEN_DAYS, keptOf, pagesOf, rotate } from './pages-scenario.ts'
import { createScenario } from './scenario.ts'

describe('a Pages project as a destination of a single slot', () => {
  it('keeps the old credential until the project is deployed, and a later run revokes it', async () => {
    const world = createPagesScenario()
    const { pages, tokens, values, deployed, github } = pagesOf(world)
    const old = deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    const run = await rotate(world, EVERY_TEN_DAYS)
    expect(values()['PRIMARY_SECRET_EDIT_TOKEN']).toBe(github()['PRIMARY_SECRET_EDIT_TOKEN'])
    expect(keptOf(run)).toEqual([
      expect.stringContaining('may still hold it, until the project is deployed again')
    ])
    expect(tokens.works(old)).toBe(true)

    const waiting = await world.run({ configuration: EVERY_TEN_DAYS })
    expect(waiting.record.outcome).toBe('not-due')
    expect(keptOf(waiting)).toHaveLength(1)

    pages.deploy(PROJECT, 'production', { status: 'failure' })
    pages.deploy(PROJECT, 'preview')
    await world.run({ configuration: EVERY_TEN_DAYS })
    expect(tokens.works(old)).toBe(true)

    world.clock.advance(HOUR)
    pages.deploy(PROJECT)
    const revoked = await world.run({ configuration: EVERY_TEN_DAYS })
    expect(revoked.record.outcome).toBe('not-due')
    expect(keptOf(revoked)).toEqual([])
    expect(tokens.works(old)).toBe(false)
  })

  it.each([true, false])(
    'is found by check as long as its deployment is older than the write (variables in its answer: %s)',
    async (shown) => {
      const world = createPagesScenario()
      const { pages } = pagesOf(world)
      pages.showsVariables = shown
      const check = async () =>
        (await world.run({ configuration: EVERY_TEN_DAYS, command: 'check' })).record.findings
      world.clock.advance(HOUR)
      await rotate(world, EVERY_TEN_DAYS)
      expect(await check()).toContainEqual(
        expect.objectContaining({
          kind: 'not-deployed',
          severity: 'warning',
          message: expect.stringMatching(
            /^PRIMARY_SECRET_EDIT_TOKEN was written after the production deployment/
          )
        })
      )
      pages.deploy(PROJECT)
      expect((await check()).map(({ kind }) => kind)).not.toContain('not-deployed')
    }
  )

  it('revokes nothing that a deployment reads which was made live again', async () => {
    const world = createPagesScenario()
    const { pages, tokens, deployed } = pagesOf(world)
    await rotate(world, EVERY_TEN_DAYS)
    const first = pages.deploy(PROJECT)
    const held = deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    world.clock.advance(11 * DAY)
    await rotate(world, EVERY_TEN_DAYS)
    pages.deploy(PROJECT)
    pages.rollBack(PROJECT, first.id)
    world.clock.advance(HOUR)
    await world.run({ configuration: EVERY_TEN_DAYS })
    expect(tokens.works(held)).toBe(true)
  })

  it('has nothing to wait for where it was never deployed', async () => {
    const world = createScenario()
    addPagesProject(world)
    pagesOf(world).project.live = undefined
    const old = world.environment()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    const run = await rotate(world, EVERY_TEN_DAYS)
    expect(keptOf(run)).toEqual([])
    expect(pagesOf(world).tokens.works(old)).toBe(false)
  })

  it('is written whole again after a run that was killed before it wrote there', async () => {
    const world = createPagesScenario()
    const { values, github } = pagesOf(world)
    await rotate(world, EVERY_TEN_DAYS)
    pagesOf(world).pages.change(pagesOf(world).project, 'production', {
      PRIMARY_SECRET_EDIT_TOKEN: { type: 'secret_text', value: 'the-value-of-an-earlier-token-000000000000' },
      ROTATION_PRIMARY_SECRET_EDIT_TOKEN: {
        type: 'plain_text',
        value:
          values()['ROTATION_PRIMARY_SECRET_EDIT_TOKEN']?.replace(
            /^\S+/,
            '0123456789abcdef0123456789abcdef'
          ) ?? ''
      }
    })
    await world.run({ configuration: EVERY_TEN_DAYS, command: 'check' })
    const excused = /at pages-secret/
    const run = await world.run({ configuration: EVERY_TEN_DAYS, excused })
    expect(run.record.outcome).toBe('rotated')
    expect(values()['PRIMARY_SECRET_EDIT_TOKEN']).toBe(github()['PRIMARY_SECRET_EDIT_TOKEN'])
  })
})

describe('a Pages project as a destination of two slots', () => {
  it('warns until it is deployed, and revokes what its deployment does not read from PRIMARY', async () => {
    const world = createPagesScenario()
    const { pages, tokens, deployed, values, github } = pagesOf(world)
    const first = await rotate(world, WITH_PAGES)
    expect(rotationOf(first).warnings.join()).toContain('the new value is not in use everywhere')
    pages.deploy(PROJECT)
    world.clock.advance(HOUR)
    await rotate(world, WITH_PAGES)
    const held = deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    expect(values()['SECONDARY_SECRET_EDIT_TOKEN']).toBe(held)

    const undeployed = await rotate(world, WITH_PAGES)
    expect(keptOf(undeployed).join()).toContain('may still hold it')
    expect(tokens.works(held)).toBe(true)
    pages.deploy(PROJECT)
    world.clock.advance(HOUR)
    await rotate(world, WITH_PAGES)
    expect(tokens.works(held)).toBe(false)
    for (const name of ['PRIMARY', 'SECONDARY'])
      expect(values()[`${name}_SECRET_EDIT_TOKEN`]).toBe(github()[`${name}_SECRET_EDIT_TOKEN`])
  })

  it('leaves other variables as they are', async () => {
    const world = createPagesScenario()
    const { pages, project, values } = pagesOf(world)
    pages.change(project, 'production', { OTHER: { type: 'secret_text', value: 'other' } })
    await rotate(world, WITH_PAGES)
    expect(values()['OTHER']).toBe('other')
  })

  it('writes every environment that is named', async () => {
    const world = createPagesScenario()
    const both = WITH_PAGES.replace(
      '"project":"docs"',
      '"project":"docs","environments":["production","preview"]'
    )
    await rotate(world, both)
    const { pages } = pagesOf(world)
    expect(pages.values(PROJECT, 'preview')['PRIMARY_SECRET_EDIT_TOKEN']).toBe(
      pages.values(PROJECT)['PRIMARY_SECRET_EDIT_TOKEN']
    )
  })

  it.each(['drop', 'hang'] as const)(
    'is looked up when the answer to its write is lost (%s)',
    async (answer) => {
      const world = createPagesScenario()
      await rotate(world, WITH_PAGES)
      world.sandbox.faults.add({
        match: { method: 'PATCH', path: /pages/, count: 10 },
        when: 'after',
        answer
      })
      expect((await world.run({ configuration: WITH_PAGES })).record.outcome).toBe('rotated')
    }
  )

  it('keeps a new credential that was deployed before the run restored the old one', async () => {
    const world = createPagesScenario()
    const { pages, tokens, deployed } = pagesOf(world)
    await rotate(world, WITH_PAGES)
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || call.method !== 'PATCH' || !call.path.includes('/pages/')) return
      stop()
      world.clock.advance(3_000)
      pages.deploy(PROJECT)
    })
    const put = { method: 'PUT', path: /PRIMARY_SECRET_EDIT_TOKEN$/ }
    world.sandbox.faults.add({ match: put, when: 'before', answer: { status: 422 } })
    const run = await world.run({ configuration: WITH_PAGES })
    world.sandbox.faults.clear()
    expect(run.record.outcome).toBe('failed')
    expect(rotationOf(run).left.join()).toContain('may still hold it')
    expect(tokens.works(deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? '')).toBe(true)
    world.clock.advance(HOUR)
    pages.deploy(PROJECT)
    world.clock.advance(HOUR)
    await rotate(world, WITH_PAGES)
  })

  it('revokes an exposed credential at once with `contain`, and says what still reads it', async () => {
    const world = createPagesScenario()
    await rotate(world, WITH_PAGES)
    const old = pagesOf(world).deployed()['PRIMARY_SECRET_EDIT_TOKEN'] ?? ''
    const run = await world.run({ configuration: WITH_PAGES, command: 'contain', excused: /deployed/ })
    expect(run.record.outcome).toBe('rotated')
    expect(pagesOf(world).tokens.works(old)).toBe(false)
    expect(rotationOf(run).warnings.join()).toContain('is revoked all the same')
  })
})

it('a Pages project that does not exist stops the run before anything is written', async () => {
  const world = createPagesScenario()
  const configuration = WITH_PAGES.replace('"project":"docs"', '"project":"other"')
  const run = await world.run({ configuration, excused: /pages-secret/ })
  expect(failureOf(run)).toMatchObject({ code: 'not-found' })
  expect(failureOf(run).hint).toContain('destinations[].project (other)')
})
