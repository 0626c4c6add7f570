import { describe, expect, it } from '@jest/globals'
import { writesOf } from '../../simulation/calls.ts'
import { MONTHLY } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { DAY } from '../../simulation/times.ts'
import { type World } from '../../simulation/world.ts'
import { createScenario, type Scenario } from './scenario.ts'
import { managedTokens, slotsNow } from './state.ts'

const FORGOTTEN = 'SECONDARY_SECRET_EDIT_TOKEN'
const LINE = `${FORGOTTEN}: \${{ secrets.${FORGOTTEN} }}`

/** Two months of rotations, so that both slots are full. */
async function createMonthlyScenario(): Promise<Scenario> {
  const world = createScenario()
  for (let month = 0; month < 2; month++) {
    expect((await world.run({ configuration: MONTHLY })).record.outcome).toBe('rotated')
    world.clock.advance(31 * DAY)
  }
  await world.run({ configuration: MONTHLY })
  world.clock.advance(DAY)
  world.sandbox.transcript.clear()
  return world
}

function withoutForgotten(world: World): Record<string, string> {
  return Object.fromEntries(Object.entries(world.environment()).filter(([name]) => name !== FORGOTTEN))
}

describe('SECONDARY held by a destination but not passed to the step', () => {
  it('is not due day after day when SECONDARY is not passed, and names the missing line in a warning', async () => {
    const world = await createMonthlyScenario()
    const before = slotsNow(world)
    for (let day = 0; day < 4; day++) {
      const run = await world.run({ configuration: MONTHLY, env: withoutForgotten(world) })
      expect(run.record.outcome).toBe('not-due')
      expect(run.record.warnings.filter((warning) => warning.includes(LINE))).toHaveLength(1)
      world.clock.advance(DAY)
    }
    expect(slotsNow(world)).toEqual(before)
    expect(managedTokens(world)).toHaveLength(4)
  })

  it('fails a check when SECONDARY is not passed, and says what to copy', async () => {
    const world = await createMonthlyScenario()
    const run = await world.run({ command: 'check', configuration: MONTHLY, env: withoutForgotten(world) })
    expect(run.record.outcome).toBe('unhealthy')
    const found = run.record.findings.filter(({ kind }) => kind === 'missing-value')
    expect(found.map(({ severity, on }) => [severity, on])).toEqual([['error', FORGOTTEN]])
    expect(found[0]!.message + found[0]!.action).toContain(`\`${LINE}\``)
    expect(run.record.findings.filter(({ kind }) => kind === 'fallback')).toEqual([])
    expect(writesOf(world).filter(({ api }) => api === 'cloudflare')).toEqual([])
  })

  it('keeps what SECONDARY may hold in a rotation that is due for another reason, until a run is passed it', async () => {
    const world = await createMonthlyScenario()
    const alive = managedTokens(world).map(({ id }) => id)
    for (let time = 0; time < 2; time++) {
      const run = await world.run({ configuration: MONTHLY, env: withoutForgotten(world), force: true })
      expect(run.record.outcome).toBe('rotated')
      world.clock.advance(DAY)
      const edit = run.record.rotations[0]!.credentials.find(({ name }) => name === 'secret-edit')!
      expect(edit.revoked).toEqual([])
      expect(edit.kept.map(({ reason }) => reason).join()).toContain(`${FORGOTTEN} may hold it`)
    }
    const edits = managedTokens(world).filter(({ name }) => name.includes('/secret-edit/'))
    expect(edits).toHaveLength(4)
    for (const { id } of edits.filter(({ id: one }) => alive.includes(one))) expect(alive).toContain(id)
    const healed = await world.run({ configuration: MONTHLY, force: true })
    expect(healed.record.outcome).toBe('rotated')
    expect(managedTokens(world)).toHaveLength(4)
    expect(openAlerts(world)).toEqual([])
  })

  it('revokes what SECONDARY may hold when it is exposed', async () => {
    const world = await createMonthlyScenario()
    const run = await world.run({ configuration: MONTHLY, env: withoutForgotten(world), command: 'contain' })
    expect(run.record.outcome).toBe('rotated')
    expect(managedTokens(world)).toHaveLength(2)
  })

  it('fills SECONDARY where no destination holds it yet', async () => {
    const world = await createMonthlyScenario()
    world.account.store.secrets.forEach((entry, id) => {
      if (entry.name === FORGOTTEN) world.account.store.secrets.delete(id)
    })
    const { repository, environment } = world.account
    repository.environment(environment).delete(FORGOTTEN)
    const run = await world.run({ configuration: MONTHLY, env: withoutForgotten(world) })
    expect(run.record.outcome).toBe('rotated')
  })
})

describe('the dummy 1 in SECONDARY', () => {
  const DUMMIES = { SECONDARY_TOKEN_CREATION_TOKEN: '1', SECONDARY_SECRET_EDIT_TOKEN: '1' }

  it.each(['1', 'e', 'back'])(
    'treats a dummy in SECONDARY as empty in the first rotation: %p',
    async (dummy) => {
      const world = createScenario()
      const names = Object.keys(DUMMIES)
      const run = await world.run({
        env: { ...world.environment(), ...Object.fromEntries(names.map((name) => [name, dummy])) }
      })
      const plain = await createScenario().run()
      expect(JSON.stringify(run.record)).not.toContain('***')
      expect(run.log.join('\n')).not.toContain('***')
      expect(run.record.rotations.map(({ outcome, reason }) => [outcome, reason])).toEqual(
        plain.record.rotations.map(({ outcome, reason }) => [outcome, reason])
      )
      expect(run.log.filter((line) => names.every((name) => line.includes(name)))).toEqual([
        expect.stringContaining('placeholder')
      ])
      for (const slots of slotsNow(world))
        for (const name of names) expect(slots[name]!.length).toBeGreaterThan(16)
    }
  )

  it('fills a SECONDARY with a dummy although a destination holds it', async () => {
    const world = await createMonthlyScenario()
    const run = await world.run({
      configuration: MONTHLY,
      env: { ...world.environment(), [FORGOTTEN]: '1' }
    })
    expect(run.record.outcome).toBe('rotated')
  })

  it('fails with its path before anything is called when PRIMARY holds the dummy 1', async () => {
    const world = createScenario()
    const run = await world.run({ env: { ...world.environment(), PRIMARY_SECRET_EDIT_TOKEN: '1' } })
    expect(run.record.error).toMatchObject({
      code: 'missing-value',
      message: expect.stringContaining('rotations[0].credentials[1].secrets.value.primary') as unknown
    })
    expect(world.sandbox.transcript.calls.filter(({ api }) => api === 'cloudflare')).toEqual([])
  })
})
