import { describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
import {
  errorsOf,
  heldBy,
  openIssues,
  recordOf,
  rotateFirst,
  rotationOf,
  stage,
  useStage,
  writes
} from './command-stage.ts'

useStage()

describe('the command check of the built action', () => {
  it('finds a rotated account healthy, and changes nothing', async () => {
    await rotateFirst()
    const job = await stage.run({ inputs: { command: 'check' } })
    expect(job.failed).toBe(false)
    expect(job.main.outputs).toMatchObject({ outcome: 'healthy', 'alert-url': '' })
    expect(recordOf(job).findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(job.main.summary).toContain('## ✅ Credential rotation: healthy')
    expect(writes()).toEqual([])
    expect(stage.account.repository.issues).toEqual([])
  }, 60_000)
})

describe('the command rollback of the built action', () => {
  const ROLLBACK = { command: 'rollback' }

  it('changes nothing and names the dead token when SECONDARY is dead', async () => {
    await rotateFirst()
    heldBy('SECONDARY_SECRET_EDIT_TOKEN').disabled = true
    const before = stage.slots()
    const job = await stage.run({ inputs: ROLLBACK })
    expect(job.failed).toBe(true)
    expect(job.main.outputs['outcome']).toBe('failed')
    expect(rotationOf(job).error).toMatchObject({ code: 'no-fallback' })
    expect(errorsOf(job)).toEqual([expect.stringContaining('secret-edit: SECONDARY does not work')])
    expect(stage.slots()).toEqual(before)
    expect([...stage.account.namespace.keys]).toEqual([])
    expect(openIssues()).toHaveLength(1)
  }, 60_000)

  it('refuses a rotation with a single slot before it calls anything', async () => {
    const job = await stage.run({ inputs: { ...ROLLBACK, config: ACCESS }, env: stage.accessEnvironment() })
    expect(job.failed).toBe(true)
    expect(recordOf(job).error).toMatchObject({ code: 'no-fallback' })
    expect(errorsOf(job)).toEqual([expect.stringContaining('r2-explorer has a single slot')])
    const called = stage.sandbox.transcript.calls.map(({ path }) => path)
    expect(called.filter((path) => !/\/(issues|labels)\b/.test(path))).toEqual([])
  }, 60_000)
})

describe('a rotation of the built action whose reason is exposure', () => {
  it('fails with the original reason and loses nothing when no token that may create tokens is left', async () => {
    await rotateFirst()
    for (const slot of ['PRIMARY', 'SECONDARY']) heldBy(`${slot}_TOKEN_CREATION_TOKEN`).disabled = true
    const before = stage.slots()
    const job = await stage.run({ inputs: { command: 'contain' } })
    expect(job.failed).toBe(true)
    expect(job.main.outputs['outcome']).toBe('failed')
    expect(errorsOf(job)).toEqual([
      expect.stringContaining(
        'auth.tokens: $PRIMARY_TOKEN_CREATION_TOKEN, then $SECONDARY_TOKEN_CREATION_TOKEN refused'
      )
    ])
    expect(stage.slots()).toEqual(before)
    expect(writes().filter((call) => !call.includes('/storage/kv/'))).toEqual([])
    expect(openIssues()).toHaveLength(1)
    expect(openIssues()[0]!.body?.replaceAll('\\', '')).toContain('$PRIMARY_TOKEN_CREATION_TOKEN')
  }, 60_000)
})
