import { describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { openAlerts } from '../../simulation/postconditions.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'
import { failureOf } from './expectations.ts'
import { createScenario } from './scenario.ts'

const SAMPLE = { account: '023e105f4ecef8ad9ca31a8372d0c353', namespace: '0f2ac74b498b48028cb68387c421e279' }
const OTHER = 'a'.repeat(32)

/** A scenario whose account is not the sample of the README. */
function createScenarioElsewhere(answer: 'route' | 'unauthorized'): World {
  const world = createScenario()
  world.sandbox.cloudflare.foreignAccountAnswer = answer
  return world
}

describe.each(['route', 'unauthorized'] as const)('a wrong account id, answered with %s', (answer) => {
  const configuration = configure(BOOTSTRAP, { top: { 'account-id': OTHER } })

  it('names only the account id when it is wrong', async () => {
    const world = createScenarioElsewhere(answer)
    const { message, hint } = failureOf(await world.run({ configuration }))
    expect(message).toMatch(/^account-id: /)
    expect(`${message} ${hint}`).toContain(OTHER)
    expect(hint).toContain('Check `account-id`')
    expect(`${message} ${hint}`).not.toMatch(/defect|namespace/)
    expect(openAlerts(world)).toHaveLength(1)
  })

  it('reports a wrong account id as one finding of a check', async () => {
    const { record } = await createScenarioElsewhere(answer).run({ configuration, command: 'check' })
    expect(record.outcome).toBe('unhealthy')
    const found = record.findings.filter(({ on }) => on === 'account-id')
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ severity: 'error', kind: 'no-access' })
    expect(record.findings.filter(({ message }) => /7003|9109/.test(message))).toHaveLength(1)
  })
})

describe('sample id of the README', () => {
  it('recognises the sample account id of the README', async () => {
    const world = createScenario()
    Object.defineProperty(world.sandbox.cloudflare, 'accountId', { value: OTHER })
    const { message, hint } = failureOf(await world.run())
    expect(message).toMatch(/^account-id: /)
    expect(hint).toBe(`${SAMPLE.account} is the sample of the README: put your own id under \`account-id\`.`)
  })

  it.each([
    ['namespace', SAMPLE.namespace, 'lock.namespace-id'],
    ['store', '8f7a1cdced6342c18d223ece462fd88d', 'store-id']
  ])('recognises the sample id of the README where there is no such %s', async (_what, id, key) => {
    const world = createScenario()
    const errors = [{ code: 10013, message: 'not found' }]
    world.sandbox.faults.add({
      when: 'before',
      match: { path: new RegExp(`/(namespaces|stores)/${id}`), count: 99 },
      answer: { status: 404, body: { success: false, errors, messages: [], result: null } }
    })
    expect(failureOf(await world.run()).hint).toContain(
      `${id} is the sample of the README: put your own id under \`${key}\`.`
    )
  })
})
