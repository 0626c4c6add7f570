import { describe, expect, it } from '@jest/globals'
import { makePlan, unknownRunIds, type CredentialPlan } from '../../../src/rotation/plan/plan.ts'
import { DAY, HOUR, MINUTE, NOW, inputOf, made, refused, unread, type Situation } from './situation.ts'

function planOf(given: Situation): CredentialPlan {
  const plan = makePlan(inputOf(given))
  if (plan.decision === 'stale') throw new Error(plan.reason)
  return plan.credentials[0]!
}

const NEITHER: Situation = { primary: refused, secondary: refused }

describe('the decision of a plan', () => {
  it('is to rotate, with the reasons, when a rotation is due', () => {
    expect(makePlan(inputOf({ every: HOUR }))).toMatchObject({
      decision: 'rotate',
      reason: [{ rule: 'interval' }]
    })
  })

  it('is not-due, with the next date, when none is', () => {
    expect(makePlan(inputOf({ every: DAY }))).toMatchObject({
      decision: 'not-due',
      nextDue: NOW - HOUR + DAY
    })
  })

  it('is stale, with the reason, even when a rotation is due', () => {
    const plan = makePlan(
      inputOf({
        force: true,
        objects: [made('p', HOUR), made('n', 10 * MINUTE, { run: '7' })],
        queuedAt: NOW - 20 * MINUTE,
        entries: { P: { updatedAt: NOW - 10 * MINUTE } }
      })
    )
    expect(plan).toMatchObject({
      decision: 'stale',
      reason: expect.stringContaining('promoted by run 7') as unknown
    })
  })
})

describe('the slot that serves consumers', () => {
  it.each<readonly [string, Situation, { readonly slot: string; readonly id?: string }]>([
    ['is PRIMARY when it works', {}, { slot: 'primary', id: 'p' }],
    ['is SECONDARY when PRIMARY is refused', { primary: refused }, { slot: 'secondary', id: 's' }],
    ['is none when both are refused', NEITHER, { slot: 'none' }]
  ])('%s', (_title, given, serving) => {
    expect(planOf(given).serving).toMatchObject(serving)
  })
})

describe('the object whose permissions the new one copies', () => {
  it.each<readonly [string, Situation, string | undefined]>([
    ['is the one in PRIMARY when it works', {}, 'p'],
    ['is the one in SECONDARY when PRIMARY is refused', { primary: refused }, 's'],
    ['is the newest managed one when neither slot works', NEITHER, 'p'],
    ['does not exist when neither slot works and none is managed', { ...NEITHER, objects: [] }, undefined]
  ])('%s', (_title, given, id) => {
    expect(planOf(given).predecessor?.id).toBe(id)
  })
})

describe('unknownRunIds', () => {
  const orphans = [
    made('o', HOUR, { run: '7' }),
    made('q', HOUR, { run: '9' }),
    made('h', HOUR, { run: '0' })
  ]

  it('answers the other runs that created objects in no slot', () => {
    const objects = [made('p', HOUR), made('s', 2 * HOUR), ...orphans]
    expect([...unknownRunIds(inputOf({ objects }))]).toEqual(['7'])
  })

  it('answers none while SECONDARY is not read', () => {
    expect([...unknownRunIds(inputOf({ objects: orphans, secondary: unread }))]).toEqual([])
  })
})
