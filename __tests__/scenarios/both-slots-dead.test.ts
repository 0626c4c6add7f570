import { describe, expect, it } from '@jest/globals'
import { getPermissionGroup } from '../../sandbox/cloudflare/permission-groups.ts'
import { configure } from '../../simulation/configurations.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import { expectNothingWritten, expectSlotsWork, failureOf, rotationOf } from './expectations.ts'
import { createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

function killSecretEdit(world: Scenario): void {
  const { tokens } = world.sandbox.cloudflare
  for (const slot of ['PRIMARY', 'SECONDARY']) {
    const token = tokens.findByValue(slotsNow(world)[1]![`${slot}_SECRET_EDIT_TOKEN`] ?? '')
    if (token !== undefined) token.disabled = true
  }
}

/** The revoked token cannot write the store either: another one does. */
const OTHER_AUTH = { top: { auth: { secrets: 'STORE_TOKEN' } } } as const

function envWithStoreToken(world: World): Record<string, string> {
  const token = world.sandbox.cloudflare.tokens.seed({ name: 'store', groups: ['Secrets Store Write'] })
  return { ...world.environment(), STORE_TOKEN: token.value }
}

describe('both slots of a credential hold revoked tokens', () => {
  it('copies the permissions of the newest known managed token when both slots hold revoked tokens', async () => {
    const world = await createRotatedScenario()
    killSecretEdit(world)
    const run = await world.run({
      configuration: configure(BOOTSTRAP, OTHER_AUTH),
      env: envWithStoreToken(world)
    })

    expect({ outcome: run.record.outcome, error: rotationOf(run).error }).toEqual({
      outcome: 'rotated',
      error: null
    })
    expectSlotsWork(world)
    const value = slotsNow(world)[0]!['PRIMARY_SECRET_EDIT_TOKEN']!
    expect(slotsNow(world)[0]!['SECONDARY_SECRET_EDIT_TOKEN']).toBe(value)
    const groups = world.sandbox.cloudflare.tokens
      .findByValue(value)!
      .policies.flatMap((policy) => policy.permission_groups)
    expect(groups.map(({ id }) => id)).toEqual([getPermissionGroup('Secrets Store Write').id])
  })

  it('uses the stated permissions when both slots hold revoked tokens', async () => {
    const world = createScenario()
    killSecretEdit(world)
    const configuration = configure(BOOTSTRAP, {
      ...OTHER_AUTH,
      credentials: { 'secret-edit': { permissions: [{ groups: ['Secrets Store Write'] }] } }
    })
    const run = await world.run({ configuration, env: envWithStoreToken(world) })
    expect(run.record.outcome).toBe('rotated')
    expectSlotsWork(world)
  })

  it('fails before anything is written when nothing states what the new token may do', async () => {
    const world = createScenario()
    killSecretEdit(world)
    const run = await world.run({
      configuration: configure(BOOTSTRAP, OTHER_AUTH),
      env: envWithStoreToken(world)
    })
    expectNothingWritten(world, run)
    expect(failureOf(run).hint).toContain('`permissions`')
  })
})
