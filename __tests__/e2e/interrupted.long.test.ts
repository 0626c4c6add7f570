import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { interruptAt } from './interrupt.ts'
import { Stage } from './stage.ts'

describe('a run that is interrupted', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.open()
    await stage.run()
  }, 60_000)
  afterEach(() => stage.close())

  async function expectWhole(): Promise<void> {
    const { store, github } = stage.slots()
    expect(store).toEqual(github)
    for (const value of Object.values(github)) expect(stage.sandbox.cloudflare.tokens.works(value)).toBe(true)
    expect([...stage.account.namespace.keys]).toEqual([])
    expect(stage.leaks()).toEqual([])
    await Promise.resolve()
  }

  it('killed in the middle of the promotion: post runs the pipeline once more, and the job ends rotated', async () => {
    const { main, post } = await stage.run({
      onStart: interruptAt(stage, /^PUT .*\/secrets\/PRIMARY_SECRET_EDIT_TOKEN/, 'SIGKILL')
    })
    expect(main.signal).toBe('SIGKILL')
    expect(post.exitCode).toBe(0)
    expect(post.log).toContain('running that once more')
    expect(post.log).toContain('[bootstrap] rotated')
    expect(stage.managed()).toHaveLength(4)
    await expectWhole()
  }, 60_000)

  it('killed while it holds nothing but the lock: post gives it back and writes nothing', async () => {
    const before = stage.slots()
    const { main, post } = await stage.run({ onStart: interruptAt(stage, /^PUT .*\/values\//, 'SIGKILL') })
    expect(main.signal).toBe('SIGKILL')
    expect(post.exitCode).toBe(0)
    expect(stage.slots()).toEqual(before)
    await expectWhole()
  }, 60_000)

  it('SIGINT while the new tokens are verified: undoes what it began, alerts, and post has nothing to do', async () => {
    const before = stage.slots()
    const { main, post } = await stage.run({
      onStart: interruptAt(stage, /^GET .*\/tokens\/[0-9a-f]{32}$/, 'SIGINT')
    })
    expect(main.exitCode).toBe(1)
    expect(main.outputs['outcome']).toBe('rolled-back')
    expect(main.log).toContain('SIGINT')
    expect(stage.slots().github['PRIMARY_SECRET_EDIT_TOKEN']).toBe(before.github['PRIMARY_SECRET_EDIT_TOKEN'])
    expect(post.output).toBe('')
    await expectWhole()
  }, 60_000)

  it('SIGTERM in the middle of the promotion: ends what it began, so that no destination is behind', async () => {
    const { main } = await stage.run({
      onStart: interruptAt(stage, /^PUT .*\/secrets\/PRIMARY_SECRET_EDIT_TOKEN/, 'SIGTERM')
    })
    expect(main.outputs['outcome']).toBe('rotated')
    await expectWhole()
  }, 60_000)
})
