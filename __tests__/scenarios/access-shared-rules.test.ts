import { expect, it } from '@jest/globals'
import { configure, HTTP_PROBE, rotationsIn } from '../../simulation/configurations.ts'
import { ACCESS, automationOf } from '../../simulation/world.ts'
import type { World } from '../../simulation/world.ts'
import { expectRotated } from './expectations.ts'
import { accessService, createScenario } from './scenario.ts'
import { rulesInOrder, rulesNow } from './state.ts'

/** A second pair that is admitted by the very rules that admit the first. */
function addSecondPair(world: World) {
  const { access } = world.sandbox.cloudflare
  const { account, environment } = automationOf(world)
  const token = access.serviceTokens.create({ name: 'second' })
  const rule = { service_token: { token_id: token.id } }
  for (const policy of access.policies.all) {
    const { body } = policy
    access.policies.replace(policy, { ...body.current, include: [...body.current.include, rule] })
  }
  for (const group of access.groups.all) {
    const { body } = group
    access.groups.replace(group, { ...body.current, include: [...body.current.include, rule] })
  }
  const vault = account.repository.environment(environment)
  vault.put('SECOND_CLIENT_ID', token.clientId)
  vault.put('SECOND_CLIENT_SECRET', token.secrets.current)
  return token
}

const SECOND = {
  name: 'second',
  type: 'access-service-token',
  secrets: { 'client-id': 'SECOND_CLIENT_ID', 'client-secret': 'SECOND_CLIENT_SECRET' },
  verify: [HTTP_PROBE]
}
const [FIRST] = rotationsIn(ACCESS)
const ONE_ROTATION = configure(ACCESS, { moreCredentials: [SECOND] })
const TWO_ROTATIONS = configure(ACCESS, {
  moreRotations: [{ ...FIRST, name: 'other', credentials: [SECOND] }]
})

it.each([
  ['of one rotation', ONE_ROTATION],
  ['of two rotations of one run', TWO_ROTATIONS]
])('replaces two pairs %s in the rules that admit both', async (_what, configuration) => {
  const world = createScenario({ ...accessService, configuration })
  const { serviceTokens } = world.sandbox.cloudflare.access
  const first = automationOf(world).serviceToken
  const second = addSecondPair(world)
  const before = rulesNow(world)
  const run = await world.run()

  expect(run.record.outcome).toBe('rotated')
  const held = world.sandbox.github.environmentSecrets('octo-org/ops', 'automation')
  const idOf = (name: string) => serviceTokens.findByClientId(held[name]!)!.id
  expect(rulesNow(world)).toBe(
    rulesInOrder(
      before
        .replaceAll(first.id, idOf('R2_EXPLORER_ACCESS_CLIENT_ID'))
        .replaceAll(second.id, idOf('SECOND_CLIENT_ID'))
    )
  )
  expect([first, second].map(({ deletedAt }) => deletedAt !== undefined)).toEqual([true, true])
})

it('changes a reusable policy by its own route alone when an application does not say that it is reusable', async () => {
  const world = createScenario(accessService)
  world.sandbox.cloudflare.access.policies.showsReusable = false
  expectRotated(world, await world.run())
})
