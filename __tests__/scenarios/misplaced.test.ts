import { describe, expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../simulation/world.ts'
import { configure } from '../../simulation/configurations.ts'
import { writesOf } from '../../simulation/calls.ts'
import { expectRotated, failureOf } from './expectations.ts'
import { createRotatedScenario, createScenario, type Scenario } from './scenario.ts'
import { slotsNow } from './state.ts'

const CREATION = 'PRIMARY_TOKEN_CREATION_TOKEN'
const EDIT = 'PRIMARY_SECRET_EDIT_TOKEN'

function swapped(world: Scenario, [one, other]: readonly [string, string] = [CREATION, EDIT]) {
  const env = world.environment()
  return { ...env, [one]: env[other]!, [other]: env[one]! }
}

/** Writes that are no lock's and no alert's. */
function changes(world: Scenario) {
  return writesOf(world).filter(({ path }) => !/\/storage\/kv\/|\/issues|\/labels/.test(path))
}

describe('two lines of env swapped', () => {
  it('refuses swapped lines of env before anything is written, and names what they hold', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const run = await world.run({ env: swapped(world) })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).code).toBe('bad-input')
    expect(failureOf(run).message).toContain(`$${CREATION} holds`)
    expect(failureOf(run).message).toContain('belongs to secret-edit of rotation bootstrap')
    expect(slotsNow(world)).toEqual(before)
    expect(changes(world)).toEqual([])
  })

  it('refuses swapped lines of env in SECONDARY', async () => {
    const world = await createRotatedScenario()
    const before = slotsNow(world)
    const env = swapped(world, ['SECONDARY_TOKEN_CREATION_TOKEN', 'SECONDARY_SECRET_EDIT_TOKEN'])
    const run = await world.run({ env })
    expect(failureOf(run).code).toBe('bad-input')
    expect(slotsNow(world)).toEqual(before)
    expect(changes(world)).toEqual([])
  })

  it('refuses swapped lines of env at the first rotation by what the tokens may do', async () => {
    const world = createScenario()
    const configuration = configure(BOOTSTRAP, {
      top: { auth: { tokens: 'PRIMARY_SECRET_EDIT_TOKEN', secrets: 'PRIMARY_TOKEN_CREATION_TOKEN' } }
    })
    const run = await world.run({ env: swapped(world), configuration })
    expect(run.record.outcome).toBe('failed')
    expect(failureOf(run).code).toBe('bad-input')
    expect(failureOf(run).message).toContain('can: tokens')
    expect(changes(world)).toEqual([])
  })
})

it('refuses one token in the slots of two credentials', async () => {
  const world = createScenario()
  const env = world.environment()
  const run = await world.run({ env: { ...env, SECONDARY_SECRET_EDIT_TOKEN: env[CREATION]! } })
  expect(failureOf(run).code).toBe('bad-input')
  expect(failureOf(run).message).toContain(
    'SECONDARY_SECRET_EDIT_TOKEN and PRIMARY_TOKEN_CREATION_TOKEN hold the same value'
  )
  expect(changes(world)).toEqual([])
})

it('adopts a token of a renamed rotation after it has a name of its own', async () => {
  const world = await createRotatedScenario()
  const configuration = configure(BOOTSTRAP, { rotation: { name: 'core' } })
  const refused = await world.run({ configuration })
  expect(failureOf(refused).hint).toContain('renamed')
  for (const token of world.sandbox.cloudflare.tokens.existing)
    if (token.name.startsWith('rotate/')) token.name = `mine ${token.id}`
  expectRotated(world, await world.run({ configuration }))
})
