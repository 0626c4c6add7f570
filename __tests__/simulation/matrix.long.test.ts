import { beforeAll, describe, expect, it } from '@jest/globals'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { EXCEPTIONS } from '../../simulation/exceptions.ts'
import type { ExhaustiveCase } from '../../simulation/exhaustive.ts'
import { FAULT_KINDS } from '../../simulation/fault-kinds.ts'
import { KINDS } from '../../simulation/kinds.ts'
import { casesOf, runTrial, type Verdict } from '../../simulation/trial.ts'

beforeAll(useFakeSealing)

/** Kinds of which every call is the last of a process once, when it was carried out. */
const ANYWHERE: Readonly<Record<string, RegExp>> = {
  'pair-later': /^killed-after$/,
  'access-later': /^killed-after$/
}
/** Kinds of which every call goes wrong in some way; of the others every fifth call will do here. */
const WHOLE = /^(pair|in-place)-later$/
const met = new Set<string>()

/** Of each call two faults, others for each; `npm run simulate` has all of them. */
function isInSample({ kind, fault, position }: ExhaustiveCase): boolean {
  if (ANYWHERE[kind.name]?.test(fault.name) === true) return true
  if (!WHOLE.test(kind.name) && position.index % 5 !== 0) return false
  const turn = position.index + KINDS.indexOf(kind) * 5
  return [turn, turn + 9].some((at) => FAULT_KINDS[at % FAULT_KINDS.length] === fault)
}

function explain({ id, violations }: Verdict): readonly string[] {
  return violations.map(
    ({ what, during, call }) => `${id}: ${what} (${during}, ${call?.operation ?? 'at its end'})`
  )
}

describe('one fault at each call of a rotation', () => {
  it.each(KINDS.map(({ name }) => name))(
    'keeps every invariant after every call, and recovers in the next runs, with a fault at each call of %s',
    async (kind) => {
      const cases = await casesOf(kind)
      expect(cases.length).toBeGreaterThan(100)
      const broken: string[] = []
      for (const { id } of cases.filter(isInSample)) {
        const verdict = await runTrial(id)
        broken.push(...explain(verdict))
        verdict.excused.forEach((exception) => met.add(exception))
      }
      expect(broken).toEqual([])
    },
    600_000
  )

  it('meets every exception that is listed', () => {
    expect([...met].sort()).toEqual(
      EXCEPTIONS.filter(({ metBy }) => metBy === 'exhaustive')
        .map(({ id }) => id)
        .sort()
    )
  })
})
