import { expect, it } from '@jest/globals'
import { sealCheaply } from '../../simulation/cheap-sealing.ts'
import { createCrew } from '../../simulation/crew.ts'
import { EXCEPTIONS } from '../../simulation/exceptions.ts'
import { runTrial } from '../../simulation/trial.ts'

sealCheaply()

/** Trials that are not the first of `npm run simulate`. */
const FIRST = 1_000
const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => FIRST + at)

it.each([
  ['several faults at once, several runs in a row, in bad weather', 'random', 48],
  ['two or three runs at once, whatever keeps them apart', 'concurrent', 32]
] as const)(
  'with %s, what must always hold does',
  async (_what, mode, count) => {
    const broken: string[] = []
    const met = new Set<string>()
    for (const seed of seeds(count)) {
      const { id, violations, excused } = await runTrial(`${mode}:${seed}`)
      broken.push(...violations.map(({ what, during }) => `${id}: ${what} (${during})`))
      excused.forEach((exception) => met.add(exception))
    }
    expect(broken).toEqual([])
    const expected = EXCEPTIONS.filter(({ metBy }) => metBy === mode).map(({ id }) => id)
    expect(expected.filter((id) => !met.has(id))).toEqual([])
  },
  120_000
)

it.each(['exhaustive:pair-later:21:killed-after', 'random:1003', 'concurrent:1002'])(
  '%s takes the same course to the letter when it is replayed, and in another thread',
  async (id) => {
    const crew = createCrew(2)
    const [elsewhere] = await crew.run([id], () => undefined)
    await crew.dismiss()
    const { hash } = await runTrial(id)
    expect((await runTrial(id)).hash).toBe(hash)
    expect(elsewhere!.hash).toBe(hash)
  },
  60_000
)
