import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
import { interruptAt } from './interrupt.ts'
import { Stage } from './stage.ts'

describe('an Access service token through dist', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterEach(() => stage.close())

  const inputs = { config: ACCESS }
  const run = () => stage.run({ inputs, env: stage.accessEnvironment() })
  const pair = (): readonly [string, string] => {
    const secrets = stage.accessEnvironment()
    return [secrets['R2_EXPLORER_ACCESS_CLIENT_ID']!, secrets['R2_EXPLORER_ACCESS_CLIENT_SECRET']!]
  }

  it('is rolled back with the answer of the service when a probe fails', async () => {
    const { access } = stage.sandbox.cloudflare
    const before = pair()
    const rules = JSON.stringify(access.ruleBodies)
    stage.automation.application.failure = 'insufficient_scope'
    const { main } = await run()
    expect(main.exitCode).toBe(1)
    expect(main.outputs['outcome']).toBe('rolled-back')
    expect(main.log).toMatch(/^error: .*403 insufficient_scope/m)
    expect(pair()).toEqual(before)
    expect(JSON.stringify(access.ruleBodies)).toBe(rules)
    expect(access.serviceTokens.existing.map(({ clientId }) => clientId)).toEqual([before[0]])
    expect(stage.leaks()).toEqual([])
  }, 60_000)

  it('is repaired by post when main is killed between the two writes of the pair', async () => {
    const { access } = stage.sandbox.cloudflare
    const { main, post } = await stage.run({
      inputs,
      env: stage.accessEnvironment(),
      onStart: interruptAt(stage, /^PUT .*\/R2_EXPLORER_ACCESS_CLIENT_SECRET/, 'SIGKILL')
    })
    expect(main.signal).toBe('SIGKILL')
    expect(post.log).toContain('running that once more')
    const after = pair()
    expect(access.serviceTokens.works(...after)).toBe(true)
    expect(access.serviceTokens.existing.map(({ clientId }) => clientId)).toEqual([after[0]])
    expect(stage.leaks()).toEqual([])
  }, 60_000)
})
