import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { interruptAt } from './interrupt.ts'
import { Stage } from './stage.ts'

describe('an interrupted run of the built action', () => {
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

  it('ends rotated when main is killed during the promotion, because post runs the rotation again', async () => {
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

  it('writes nothing when main is killed while it holds only the lock, which post releases', async () => {
    const before = stage.slots()
    const { main, post } = await stage.run({ onStart: interruptAt(stage, /^PUT .*\/values\//, 'SIGKILL') })
    expect(main.signal).toBe('SIGKILL')
    expect(post.exitCode).toBe(0)
    expect(stage.slots()).toEqual(before)
    await expectWhole()
  }, 60_000)

  it('is rolled back by main alone, with an alert, when SIGINT arrives while the new tokens are verified', async () => {
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

  it('completes the promotion at every destination when SIGTERM arrives during it', async () => {
    const { main } = await stage.run({
      onStart: interruptAt(stage, /^PUT .*\/secrets\/PRIMARY_SECRET_EDIT_TOKEN/, 'SIGTERM')
    })
    expect(main.outputs['outcome']).toBe('rotated')
    await expectWhole()
  }, 60_000)
})
