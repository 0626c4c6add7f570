import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { findAdoptProblem, readJournal, requireTry } from '../../../src/rotation/plan/journal.ts'
import { makePlan, type PlanInput } from '../../../src/rotation/plan/plan.ts'
import { parseManagedName } from '../../../src/rotation/model/managed-name.ts'
import type { CredentialObject } from '../../../src/rotation/model/ports.ts'
import { DAY, HOUR, NOW, inputOf, made, named, type Situation } from './situation.ts'

type Mark = '' | '~new' | '~old'

/** An object of the rotation, with the mark at the end of its name. */
function marked(id: string, age: number, mark: Mark, more: Partial<CredentialObject> = {}): CredentialObject {
  const object = made(id, age)
  const name = `${object.name}${mark}`
  return { ...object, name, managed: parseManagedName(name)!, ...more }
}

/** A rotation that reads the journal of these objects. */
function reading(
  objects: readonly CredentialObject[],
  { adopt, ...more }: Omit<Situation, 'objects'> & { readonly adopt?: string } = {}
): PlanInput {
  const input = inputOf({ secondary: null, objects, ...more })
  const [observed] = input.observation.credentials
  const credential = {
    ...observed!.credential,
    current: 'unknown' as const,
    ...(adopt === undefined ? {} : { adopt })
  }
  const primary = readJournal(input.rotation, credential, objects)
  return {
    ...input,
    observation: { ...input.observation, credentials: [{ credential, primary, objects }] }
  }
}

const primaryOf = ({ observation }: PlanInput) => observation.credentials[0]!.primary.reading

const BY_HAND = named('h', 'by hand')

describe('the journal of a credential whose value the run is not given', () => {
  it.each<readonly [string, readonly CredentialObject[], object]>([
    ['one without a mark is current', [marked('a', HOUR, '')], { state: 'working', id: 'a' }],
    [
      'one without a mark is current beside retired ones',
      [marked('a', 2 * HOUR, '~old'), marked('b', HOUR, '')],
      { state: 'working', id: 'b' }
    ],
    ['a pending one alone is not', [marked('a', HOUR, '~new')], { state: 'unknown' }],
    [
      'none is where one is pending beside it',
      [marked('a', 2 * HOUR, ''), marked('b', HOUR, '~new')],
      { state: 'unknown' }
    ],
    [
      'none is where two have no mark',
      [marked('a', 2 * HOUR, ''), marked('b', HOUR, '')],
      { state: 'unknown' }
    ],
    [
      'an expired pending one does not count',
      [marked('a', 2 * HOUR, ''), marked('b', HOUR, '~new', { status: 'expired' })],
      { state: 'working', id: 'a' }
    ],
    [
      'the newest is refused where none is active',
      [marked('a', 2 * HOUR, '', { status: 'expired' }), marked('b', HOUR, '', { status: 'disabled' })],
      { state: 'refused', id: 'b' }
    ],
    ['there is none before the first rotation', [BY_HAND], { state: 'missing' }]
  ])('tells that %s', (_what, objects, expected) => {
    expect(primaryOf(reading(objects))).toMatchObject(expected)
  })

  it.each<readonly [string, readonly CredentialObject[], object]>([
    ['is current before the first rotation', [BY_HAND], { state: 'working', id: 'h' }],
    ['leaves open what is current beside another', [BY_HAND, marked('a', HOUR, '')], { state: 'unknown' }]
  ])('tells that the one to adopt %s', (_what, objects, expected) => {
    expect(primaryOf(reading(objects, { adopt: 'h' }))).toMatchObject(expected)
  })
})

/** Objects in any states. */
const anyObjects = fc
  .array(
    fc.record({
      mark: fc.constantFrom<Mark>('', '~new', '~old'),
      status: fc.constantFrom('active', 'active', 'disabled', 'expired'),
      age: fc.integer({ min: 1, max: 9 * 24 })
    }),
    { maxLength: 5 }
  )
  .map((all) => all.map(({ mark, status, age }, at) => marked(`o${at}`, age * HOUR, mark, { status })))

describe('a plan by the journal', () => {
  it('revokes nothing that PRIMARY may hold in a run that does not rotate, and everything older in one that does', () => {
    fc.assert(
      fc.property(anyObjects, fc.boolean(), (objects, force) => {
        const plan = makePlan(reading(objects, { force, endedRuns: new Set(['1']) }))
        if (plan.decision === 'stale') throw new Error(plan.reason)
        const ended = plan.credentials[0]!.revoke.map(({ object }) => object)
        if (plan.decision === 'rotate') {
          expect(new Set(ended)).toEqual(new Set(objects))
          return
        }
        const current = objects.filter(
          ({ status, managed }) => status === 'active' && managed?.retired !== true
        )
        expect(current).toHaveLength(1)
        expect(current[0]!.managed?.pending).toBeUndefined()
        expect(ended).not.toContain(current[0])
      })
    )
  })

  it.each<readonly [string, NonNullable<Situation['entries']>]>([
    ['lacks the secret', { P: null }],
    ['reports another object', { P: { holds: 'b' } }],
    ['was not written since the current one was created', { P: { updatedAt: NOW - 2 * DAY } }]
  ])('is due where a destination %s', (_what, entries) => {
    const plan = makePlan(reading([marked('a', DAY, '')], { entries }))
    expect(plan).toMatchObject({ decision: 'rotate', reason: [{ rule: 'disagreement' }] })
  })

  it('is due where a promotion is not complete, and never stale', () => {
    const plan = makePlan(
      reading([marked('a', DAY, ''), marked('b', HOUR, '~new')], { queuedAt: NOW - 2 * HOUR })
    )
    expect(plan).toMatchObject({
      decision: 'rotate',
      reason: [{ rule: 'unfinished', message: expect.stringContaining('a, b') as unknown }],
      credentials: [{ predecessor: { id: 'a' }, serving: { slot: 'none' } }]
    })
  })
})

describe('the next try of a promotion', () => {
  const pending = (count: number, age: number): readonly CredentialObject[] =>
    Array.from({ length: count }, (_, at) => marked(`o${at}`, age + at * HOUR, '~new'))

  it.each([
    ['is made at once after nine that are not complete', 9, HOUR, false],
    ['waits after ten', 10, HOUR, true],
    ['is made a day after the tenth', 10, DAY, false]
  ])('%s', (_what, count, age, waits) => {
    const { rotation, observation } = reading(pending(count, age))
    const trying = expect(() => requireTry(rotation, observation, NOW))
    if (waits) trying.toThrow('10 promotions in a row are not complete')
    else trying.not.toThrow()
  })
})

describe('the token to adopt', () => {
  const problemOf = (objects: readonly CredentialObject[]): string | undefined => {
    const { rotation, observation } = reading(objects, { adopt: 'h' })
    return findAdoptProblem(rotation, observation)?.message
  }

  it('may be made by hand, adopted already, or gone since', () => {
    expect(problemOf([BY_HAND])).toBeUndefined()
    expect(problemOf([marked('h', DAY, '')])).toBeUndefined()
    expect(problemOf([marked('a', DAY, '~old')])).toBeUndefined()
  })

  it('must exist before the first rotation, and belong to no other', () => {
    expect(problemOf([])).toContain('Cloudflare lists no account-token with that id')
    const foreign = named('h', `rotate/0123abcd/x/c/20260109T000000Z-1.1`)
    expect(problemOf([foreign])).toContain('belongs to c of rotation x')
  })
})
