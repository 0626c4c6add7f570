import { expect, it } from '@jest/globals'
import { openAlerts } from '../../simulation/postconditions.ts'
import { credentialOf, expectConsumersSafe, expectRotated, failureOf } from './expectations.ts'
import { managedTokens } from './state.ts'
import { createRotatedUnknown } from './unknown-scenario.ts'

const CONTAIN = { command: 'contain' } as const

it('contains an exposed token whose value the run is not given, and looks whether it is gone', async () => {
  const { world, rotate } = await createRotatedUnknown()
  const [exposed] = managedTokens(world)
  const run = await rotate(CONTAIN)
  expectRotated(world, run)
  const { revoked, probes } = credentialOf(run)
  expect(revoked.map(({ id }) => id)).toEqual([exposed!.id])
  expect(probes.find(({ of }) => of === 'old')).toMatchObject({
    label: `id ${exposed!.id}`,
    verdict: 'inconclusive'
  })
  expect((await rotate()).record.outcome).toBe('not-due')
})

it('fails to contain where the exposed token cannot be deleted, and names it', async () => {
  const { world, rotate } = await createRotatedUnknown()
  const [exposed] = managedTokens(world)
  world.sandbox.faults.add({
    match: { method: 'DELETE', path: /\/tokens\/[0-9a-f]{32}$/, count: Infinity },
    when: 'before',
    answer: { status: 503 }
  })
  const run = await rotate(CONTAIN)
  world.sandbox.faults.clear()
  expect(run.record.outcome).toBe('failed')
  expect(failureOf(run)).toMatchObject({ code: 'not-contained' })
  expect(failureOf(run).message).toContain(exposed!.id)
  expectConsumersSafe(world)
  expect(openAlerts(world)).toHaveLength(1)
  expectRotated(world, await rotate(CONTAIN))
})
