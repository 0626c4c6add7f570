import { beforeAll, describe, expect, it } from '@jest/globals'
import type { Fault } from '../../sandbox/faults.ts'
import { commandStoreOf, exited, type CommandStore } from '../../simulation/command-stores.ts'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import type { Position } from '../../simulation/fault-kinds.ts'
import { LARGE_KIND } from '../../simulation/large-rotation.ts'
import { callsOf, runWith, type Course, type Trouble } from './large-rotation.ts'

beforeAll(useFakeSealing)

/** Ways in which one call fails. */
const WAYS: readonly (readonly [string, (position: Position) => Fault])[] = [
  ['is refused', ({ index }) => ({ match: { nth: index }, when: 'before', answer: { status: 400 } })],
  [
    'fails, however often it is repeated',
    ({ operation, nth }) => ({
      match: { operation, nth, count: Infinity },
      when: 'before',
      answer: { status: 500 }
    })
  ],
  [
    'is carried out and its answer is lost',
    ({ index }) => ({ match: { nth: index }, when: 'after', answer: 'drop' })
  ],
  [
    'is carried out and its answer is lost, however often it is repeated',
    ({ operation, nth }) => ({
      match: { operation, nth, count: Infinity },
      when: 'after',
      answer: 'drop'
    })
  ]
]

/** Runs a rotation once with each trouble. @returns how often it came to what */
async function countCourses(
  troubles: readonly Trouble[]
): Promise<Readonly<Partial<Record<Course, number>>>> {
  const broken: string[] = []
  const counts: Partial<Record<Course, number>> = {}
  for (const trouble of troubles) {
    const result = await runWith(LARGE_KIND, trouble)
    broken.push(...result.broken)
    counts[result.course] = (counts[result.course] ?? 0) + 1
  }
  expect(broken).toEqual([])
  return counts
}

function troubleAt(position: Position, fault: Fault): Trouble {
  return {
    label: `${position.index} ${position.operation}`,
    prepare: ({ sandbox }) => void sandbox.faults.add(fault),
    remove: ({ sandbox }) => sandbox.faults.clear()
  }
}

describe('an R2 key in two environments, in two Workers and by a command', () => {
  it.each(WAYS)(
    'is rotated, or everything is as before, when each call in turn %s',
    async (_way, faultAt) => {
      const positions = await callsOf(LARGE_KIND)
      const counts = await countCourses(positions.map((position) => troubleAt(position, faultAt(position))))
      expect(counts['as before']).toBeGreaterThan(0)
      expect(counts['rotated']).toBeGreaterThan(0)
    },
    300_000
  )

  it.each([
    ['fails', () => undefined],
    [
      'fails although it has stored',
      (store: CommandStore, secrets: object | undefined) => void Object.assign(store.values, secrets)
    ]
  ])(
    'is rotated, or everything is as before, when the command %s at each of its runs',
    async (_way, store) => {
      const troubles = [1, 2, 3, 4, 5].map((nth): Trouble => ({
        label: `run ${nth} of the command`,
        prepare: ({ sandbox }) => {
          const vault = commandStoreOf(sandbox, 'vault')
          let seen = 0
          vault.answer = (_verb, { secrets }) => {
            if (++seen !== nth) return undefined
            store(vault, secrets)
            return exited(1)
          }
        },
        remove: ({ sandbox }) => {
          delete commandStoreOf(sandbox, 'vault').answer
        }
      }))
      expect(Object.keys(await countCourses(troubles))).toContain('as before')
    }
  )
})
