import { describe, expect, it } from '@jest/globals'
import { RunMemory } from '../../src/compose/run-memory.ts'

/** A read whose answers come when the test gives them. */
function createReader() {
  const pending: ((answer: number) => void)[] = []
  return {
    read: (): Promise<number> => new Promise((resolve) => pending.push(resolve)),
    count: () => pending.length,
    answer: async (index: number) => {
      pending[index]?.(index)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

const memory = (): RunMemory => new RunMemory(() => undefined)

describe('memory of a run', () => {
  it('reads once what several rotations ask for', async () => {
    const run = memory()
    const { read, count, answer } = createReader()
    const all = [run.view(), run.view()].map((view) => view.readOnce('list', read))
    await answer(0)
    await expect(Promise.all(all)).resolves.toEqual([0, 0])
    expect(count()).toBe(1)
  })

  it('reads again only for the rotation that has forgotten', async () => {
    const run = memory()
    const { read, count, answer } = createReader()
    const [one, other] = [run.view(), run.view()]
    void one.readOnce('list', read)
    await answer(0)
    one.forget()
    await expect(other.readOnce('list', read)).resolves.toBe(0)
    const again = one.readOnce('list', read)
    await Promise.resolve()
    await answer(1)
    await expect(again).resolves.toBe(1)
    expect(count()).toBe(2)
  })

  it('shares the next answer among the rotations that forget while an older one is on its way', async () => {
    const run = memory()
    const { read, count, answer } = createReader()
    void run.view().readOnce('list', read)
    const waiting = Array.from({ length: 5 }, () => {
      const view = run.view()
      view.forget()
      return view.readOnce('list', read)
    })
    expect(count()).toBe(1)
    await answer(0)
    await answer(1)
    await expect(Promise.all(waiting)).resolves.toEqual([1, 1, 1, 1, 1])
    expect(count()).toBe(2)
  })

  it('never takes an answer that began before the call for what is so now', async () => {
    const run = memory()
    const { read, answer } = createReader()
    const view = run.view()
    void view.readOnce('list', read)
    const now = view.readNow('list', read)
    await answer(0)
    await answer(1)
    await expect(now).resolves.toBe(1)
  })

  it('reads again for the run what failed', async () => {
    const run = memory()
    await expect(run.readForRun('key', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
    await expect(run.readForRun('key', () => Promise.resolve(1))).resolves.toBe(1)
    await expect(run.readForRun('key', () => Promise.resolve(2))).resolves.toBe(1)
  })
})
