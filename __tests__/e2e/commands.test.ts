import { describe, expect, it } from '@jest/globals'
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

const PAIR = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'] as const

useStage()

describe('the command plan of the built action', () => {
  it('says in log, summary and record what a rotation would do, and changes nothing', async () => {
    await rotateFirst()
    const before = stage.slots()
    const job = await stage.run({ inputs: { command: 'plan' } })

    expect(job.failed).toBe(false)
    expect(job.main.outputs).toMatchObject({
      outcome: 'planned',
      rotated: '',
      due: '["bootstrap"]',
      'alert-url': ''
    })
    const [primary, secondary] = [heldBy('PRIMARY_SECRET_EDIT_TOKEN'), heldBy('SECONDARY_SECRET_EDIT_TOKEN')]
    const lines = job.main.log.split('\n')
    expect(lines).toContainEqual(expect.stringMatching(/^\[bootstrap\] planned: It would rotate\. /))
    for (const line of [
      `create secret-edit: a new account-token, modelled on ${primary.id}`,
      'write PRIMARY_SECRET_EDIT_TOKEN at GitHub secrets of octo-org/ops, environment rotation: the new value',
      `write SECONDARY_SECRET_EDIT_TOKEN at Secrets Store ${stage.account.store.id}: the value of ${primary.id}, which works now`,
      `revoke ${secondary.id} of secret-edit: no slot holds it any more`
    ])
      expect(lines).toContain(`[bootstrap]   ${line}`)
    const count = (what: string): number =>
      lines.filter((line) => line.startsWith(`[bootstrap]   ${what} `)).length
    expect(['create', 'write', 'revoke', 'obstacle'].map(count)).toEqual([2, 8, 2, 0])
    expect(job.main.summary).toContain('## 📝 Credential rotation: planned')
    expect(job.main.summary).toContain(`**revoke** …\u2060${secondary.id.slice(-6)} of `)
    expect(job.main.summary).toContain(`to be revoked: \`${secondary.id}\``)

    expect(rotationOf(job).plan).toMatchObject({ decision: 'rotate', obstacles: [] })
    expect(rotationOf(job).plan!.write).toHaveLength(8)
    expect(writes()).toEqual([])
    expect(stage.slots()).toEqual(before)
    expect(stage.account.repository.issues).toEqual([])
  }, 60_000)
})

describe('the command check of the built action', () => {
  it('fails the job with one issue when something is wrong, and closes it when all is well', async () => {
    await rotateFirst()
    const token = heldBy('PRIMARY_SECRET_EDIT_TOKEN')
    token.disabled = true
    for (let time = 0; time < 2; time++) {
      const job = await stage.run({ inputs: { command: 'check' } })
      expect(job.failed).toBe(true)
      expect(job.main.outputs['outcome']).toBe('unhealthy')
      expect(recordOf(job).findings.map(({ kind }) => kind)).toContain('primary-dead')
      expect(errorsOf(job).join()).toContain('secret-edit')
      expect(job.main.summary).toMatch(/❌ \W*primary-dead\b.*secret-edit/)
      expect(openIssues()).toHaveLength(1)
      expect(job.main.outputs['alert-url']).toContain(`/issues/${openIssues()[0]!.number}`)
    }
    token.disabled = false
    const mended = await stage.run({ inputs: { command: 'check' } })
    expect(mended.main.outputs['outcome']).toBe('healthy')
    expect(stage.account.repository.issues.map(({ state }) => state)).toEqual(['closed'])
    expect(writes()).toEqual([])
  }, 60_000)
})

describe('the command rollback of the built action', () => {
  const ROLLBACK = { command: 'rollback' }

  it('swaps the slots at both destinations and revokes nothing', async () => {
    await rotateFirst()
    const { github: before } = stage.slots()
    const alive = stage.managed()
    const job = await stage.run({ inputs: ROLLBACK })
    expect(job.failed).toBe(false)
    expect(job.main.outputs).toMatchObject({ outcome: 'rotated', rotated: 'bootstrap' })
    expect(recordOf(job).command).toBe('rollback')
    expect(job.main.log).toContain('PRIMARY was rolled back to')
    for (const name of PAIR) {
      expect(heldBy(`PRIMARY_${name}`).value).toBe(before[`SECONDARY_${name}`])
      expect(heldBy(`SECONDARY_${name}`).value).toBe(before[`PRIMARY_${name}`])
    }
    expect(stage.managed()).toEqual(alive)
    expect([...stage.account.namespace.keys]).toEqual([])
  }, 60_000)
})

describe('a rotation of the built action whose reason is exposure', () => {
  it('revokes every older token and shows in the summary how long each remained valid', async () => {
    await rotateFirst()
    const exposed = ['PRIMARY', 'SECONDARY'].flatMap((slot) => PAIR.map((name) => heldBy(`${slot}_${name}`)))
    const job = await stage.run({ inputs: { command: 'contain' } })
    expect(job.failed).toBe(false)
    expect(job.main.outputs['outcome']).toBe('rotated')
    for (const { id, deletedAt } of exposed) {
      expect(deletedAt).toBeDefined()
      expect(job.main.summary).toMatch(
        new RegExp(`revoked \`${id}\` .*; it remained valid for \\d+(\\.\\d+)? s`)
      )
    }
    for (const name of PAIR) expect(heldBy(`PRIMARY_${name}`)).toBe(heldBy(`SECONDARY_${name}`))
    expect(stage.managed()).toHaveLength(2)
    const { credentials } = rotationOf(job)
    expect(credentials.flatMap(({ revoked }) => revoked)).toHaveLength(4)
    expect(credentials.flatMap(({ kept }) => kept)).toEqual([])
    expect(job.main.summary).toContain('command: contain')
  }, 60_000)
})
