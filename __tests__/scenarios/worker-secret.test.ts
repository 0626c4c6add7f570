import { describe, expect, it } from '@jest/globals'
import { writesOf } from '../../simulation/calls.ts'
import { addWorker, SCRIPT, WITH_WORKER as configuration } from '../../simulation/elsewhere.ts'
import { HOUR } from '../../simulation/times.ts'
import { failureOf, rotationOf } from './expectations.ts'
import type { WorldRun } from '../../simulation/world.ts'
import { createScenario, type Scenario } from './scenario.ts'

const NAMES = [
  'PRIMARY_SECRET_EDIT_TOKEN',
  'PRIMARY_TOKEN_CREATION_TOKEN',
  'SECONDARY_SECRET_EDIT_TOKEN',
  'SECONDARY_TOKEN_CREATION_TOKEN'
]

function createWorkerScenario(): Scenario {
  const world = createScenario()
  addWorker(world)
  return world
}

function workerOf({ sandbox }: Scenario) {
  const { workers } = sandbox.cloudflare
  return {
    workers,
    script: workers.get(SCRIPT),
    values: () => workers.values(SCRIPT),
    github: () => sandbox.github.environmentSecrets('octo-org/ops', 'rotation')
  }
}

/** The Worker reads what GitHub holds, in both slots. */
function expectInStep(world: Scenario): void {
  const { values, github } = workerOf(world)
  const held = values()
  expect(
    Object.keys(held)
      .filter((name) => NAMES.includes(name))
      .sort()
  ).toEqual(NAMES)
  for (const name of NAMES) expect(held[name]).toBe(github()[name])
}

function kindsOf({ record }: WorldRun): readonly string[] {
  return record.findings.map(({ kind }) => kind)
}

async function rotate(world: Scenario, times = 1): Promise<void> {
  for (let done = 0; done < times; done++) {
    expect((await world.run({ configuration })).record.outcome).toBe('rotated')
    world.clock.advance(HOUR)
  }
}

describe('a Worker as a destination', () => {
  it.each(['replaced', 'merged'] as const)(
    'gets both slots of every credential in one version of a rotation when its tags are %s',
    async (tags) => {
      const world = createWorkerScenario()
      const { script, workers } = workerOf(world)
      workers.tags = tags
      await rotate(world, 3)
      expectInStep(world)
      expect(script.versions).toHaveLength(4)
      const run = await world.run({ configuration, command: 'check' })
      expect(run.record.outcome).toBe('healthy')
      expect(
        world.sandbox.cloudflare.tokens.existing.filter(({ name }) => name.startsWith('rotate/'))
      ).toHaveLength(4)
    }
  )

  it('is rotated all the same when its versions show no tags', async () => {
    const world = createWorkerScenario()
    workerOf(world).workers.showsTags = false
    await rotate(world, 2)
    expectInStep(world)
  })

  it('tells what its secrets hold after someone has deployed new code', async () => {
    const world = createWorkerScenario()
    await rotate(world)
    const { workers } = workerOf(world)
    workers.upload(SCRIPT)
    workers.deploy(SCRIPT)
    const old = workerOf(world).values()
    await rotate(world)
    expectInStep(world)
    expect(workerOf(world).values()['SECONDARY_SECRET_EDIT_TOKEN']).toBe(old['PRIMARY_SECRET_EDIT_TOKEN'])
  })

  it("keeps another rotation's tags and those of other people", async () => {
    const world = createWorkerScenario()
    const { workers, script } = workerOf(world)
    workers.changeSecrets(
      script,
      { OTHER: { text: 'other-value' } },
      { 'rotate/OTHER': '0123456789abcdef 0a1b2c3d 77 abc', team: 'web' }
    )
    await rotate(world, 2)
    expect(script.versions.at(-1)?.tags).toMatchObject({
      'rotate/OTHER': '0123456789abcdef 0a1b2c3d 77 abc',
      team: 'web'
    })
    expect(workerOf(world).values()['OTHER']).toBe('other-value')
  })

  it('finds a secret of the Worker that does not hold what the other destinations hold', async () => {
    const world = createWorkerScenario()
    await rotate(world)
    const { workers, script } = workerOf(world)
    const [, home] =
      /^\S+ (\S+) /.exec(script.versions.at(-1)?.tags['rotate/PRIMARY_SECRET_EDIT_TOKEN'] ?? '') ?? []
    workers.changeSecrets(
      script,
      { PRIMARY_SECRET_EDIT_TOKEN: { text: 'another-value-of-forty-characters-000000' } },
      { 'rotate/PRIMARY_SECRET_EDIT_TOKEN': `0123456789abcdef0123456789abcdef ${home} 9 zz` }
    )
    const run = await world.run({ configuration, command: 'check' })
    expect(kindsOf(run)).toContain('slots-disagree')
  })

  it('is confirmed as overwritten when someone changes its secrets right after the write', async () => {
    const world = createWorkerScenario()
    await rotate(world)
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'after' || !call.path.endsWith('/secrets-bulk')) return
      stop()
      workerOf(world).workers.setByHand(SCRIPT, { OTHER: 'by-hand' })
    })
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).message).toContain('someone else changed secrets')
    world.clock.advance(HOUR)
    await rotate(world)
    expectInStep(world)
  })

  it.each(['drop', 'hang'] as const)(
    'is looked up when the answer to its write is lost (%s)',
    async (answer) => {
      const world = createWorkerScenario()
      await rotate(world)
      world.sandbox.faults.add({ match: { path: /secrets-bulk$/ }, when: 'after', answer })
      const run = await world.run({ configuration })
      expect(run.record.outcome).toBe('rotated')
      expectInStep(world)
    }
  )

  it('leaves everything as it was when its write is not applied', async () => {
    const world = createWorkerScenario()
    await rotate(world)
    const before = workerOf(world).values()
    world.sandbox.faults.add({ match: { path: /secrets-bulk$/, count: 10 }, when: 'before', answer: 'drop' })
    const run = await world.run({ configuration })
    world.sandbox.faults.clear()
    expect(['rolled-back', 'failed']).toContain(run.record.outcome)
    expect(workerOf(world).values()).toEqual(before)
    world.clock.advance(HOUR)
    await rotate(world)
    expectInStep(world)
  })
})

describe('a Worker whose newest version is not deployed', () => {
  it.each([
    ['an uploaded version', undefined],
    ['a gradual deployment', { 2: 90, 3: 10 }]
  ])('is not written, and nothing else is: %s', async (_case, shares) => {
    const world = createWorkerScenario()
    await rotate(world)
    const { workers } = workerOf(world)
    workers.upload(SCRIPT)
    if (shares !== undefined) workers.deploy(SCRIPT, shares)
    world.sandbox.transcript.clear()

    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run)).toMatchObject({ code: 'bad-input' })
    expect(failureOf(run).message).toContain('would put it live')
    expect(writesOf(world).filter(({ api }) => api === 'cloudflare')).toEqual([])

    const plan = await world.run({ configuration, command: 'plan' })
    expect(plan.record.outcome).toBe('planned')
    expect(JSON.stringify(rotationOf(plan))).toContain('would put it live')

    const check = await world.run({ configuration, command: 'check' })
    expect(check.record.outcome).toBe('unhealthy')
    expect(kindsOf(check)).toContain('not-deployed')

    workers.deploy(SCRIPT)
    await rotate(world)
    expectInStep(world)
  })

  it('does not go live unnoticed when it is uploaded during the write', async () => {
    const world = createWorkerScenario()
    await rotate(world)
    workerOf(world).workers.refusesUndeployed = false
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'before' || !call.path.endsWith('/secrets-bulk')) return
      stop()
      workerOf(world).workers.upload(SCRIPT)
    })
    const run = await world.run({ configuration })
    expect(failureOf(run).message).toContain('was not deployed and is live now')
  })

  it('is refused by Cloudflare when it is uploaded during the write, and the run is undone', async () => {
    const world = createWorkerScenario()
    await rotate(world)
    const stop = world.sandbox.onCall(({ phase, call }) => {
      if (phase !== 'before' || !call.path.endsWith('/secrets-bulk')) return
      stop()
      workerOf(world).workers.upload(SCRIPT)
    })
    const run = await world.run({ configuration })
    expect(run.record.outcome).toBe('rolled-back')
    expect(failureOf(run).message).toContain('is not deployed')
    expect(failureOf(run).hint).toContain('Deploy the newest version')
  })
})

it('a Worker that does not exist stops the run before anything is written, with the path to check', async () => {
  const world = createWorkerScenario()
  workerOf(world).workers.delete(SCRIPT)
  const run = await world.run({ configuration })
  expect(failureOf(run)).toMatchObject({ code: 'not-found' })
  expect(failureOf(run).message).toContain('10007')
  expect(failureOf(run).hint).toContain('destinations[].script (site)')
  expect(writesOf(world).filter(({ api }) => api === 'cloudflare')).toEqual([])
})
