import { expect, it } from '@jest/globals'
import { CALLS } from '../../simulation/calls.ts'
import { expectRotated } from './expectations.ts'
import { createRotatedScenario } from './scenario.ts'

interface TokenList {
  readonly result: readonly { readonly name: string }[]
  readonly result_info: { readonly total_count: number }
}

it('rotates a token that the list skips, since another one was deleted between two of its pages', async () => {
  const world = await createRotatedScenario()
  const { accountId, tokenCreation } = world.account
  const answer = await world.sandbox.fetch(
    `https://api.cloudflare.com/client/v4/accounts/${accountId}/tokens?per_page=50`,
    {
      headers: {
        authorization: `Bearer ${world.environment()['PRIMARY_TOKEN_CREATION_TOKEN'] ?? tokenCreation.value}`
      }
    }
  )
  const list = (await answer.json()) as TokenList
  const newest = list.result
    .filter(({ name }) => name.includes('/secret-edit/'))
    .sort((a, b) => (a.name < b.name ? 1 : -1))[0]
  expect(newest).toBeDefined()
  const result = list.result.filter((one) => one !== newest)
  world.sandbox.faults.add({
    match: { operation: CALLS.listTokens, count: Infinity },
    when: 'before',
    answer: {
      status: 200,
      body: { ...list, result, result_info: { ...list.result_info, total_count: result.length } }
    }
  })
  expectRotated(world, await world.run())
})
