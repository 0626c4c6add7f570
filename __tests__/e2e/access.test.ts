import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
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

  it('is replaced, is accepted by the service and the real r2 command, and is not due afterwards; the old one is confirmed revoked', async () => {
    const { access } = stage.sandbox.cloudflare
    const before = pair()
    const { main, failed } = await run()
    expect(main.log).toContain('confirmed revoked')
    expect(failed).toBe(false)
    expect(main.outputs['outcome']).toBe('rotated')
    const after = pair()
    expect(after).not.toEqual(before)
    expect(access.serviceTokens.works(...after)).toBe(true)
    expect(access.serviceTokens.existing.map(({ clientId }) => clientId)).toEqual([after[0]])
    expect(access.rulesNaming(access.serviceTokens.existing[0]!.id)).toHaveLength(3)

    const record = JSON.parse(main.outputs['record']!) as RunRecord
    const [credential] = record.rotations[0]!.credentials
    expect(credential!.old!.clientId).toBe(before[0])
    expect(credential!.new!.clientId).toBe(after[0])
    expect(record.run.triggeringActor).toBe('octocat')
    const seen = credential!.probes.map(
      ({ of, label, verdict }) => `${of} ${label.split(' ')[0]!} ${verdict}`
    )
    expect(seen).toEqual([
      'new http: passed',
      'new run: passed',
      'new run: passed',
      'new-after http: passed',
      'old http: forbidden'
    ])
    expect(credential!.revoked).toHaveLength(1)

    const second = await run()
    expect(second.main.outputs['outcome']).toBe('not-due')
    expect(pair()).toEqual(after)
    expect(stage.leaks()).toEqual([])
    stage.contract.assert()
  }, 60_000)
})
