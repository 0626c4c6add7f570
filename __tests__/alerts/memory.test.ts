import { describe, expect, it } from '@jest/globals'
import { nextState, type AlertState } from '../../src/alerts/content/alert-state.ts'
import {
  findFailureNews,
  findRecoveryNews,
  isResolved,
  type Memory,
  type Remembered
} from '../../src/alerts/memory.ts'
import type { PreviousRun } from '../../src/github/previous-run.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { deadCredential, failingRun, rotation } from './records.ts'

const FAILING = failingRun()
const CHECK = failingRun({
  command: 'check',
  outcome: 'unhealthy',
  rotations: [rotation({ outcome: 'unhealthy' })]
})
const after = (outcome: 'rotated' | 'not-due' | 'locked'): RunRecord =>
  failingRun({ outcome, rotations: [rotation({ outcome, error: null })] })
const HEALTHY = failingRun({
  command: 'check',
  outcome: 'healthy',
  rotations: [rotation({ outcome: 'healthy', error: null })]
})
const openAfter = (...records: readonly RunRecord[]): Remembered => ({
  open: records.reduce<AlertState | undefined>((state, record) => nextState(state, record), undefined)
})
const FAILED: PreviousRun = {
  state: 'failed',
  couldTell: true,
  event: 'schedule',
  endedAt: '2026-01-01T23:00:00Z'
}
const WELL: PreviousRun = { state: 'well', failedBefore: false }

/** Memory of an issue, which the previous run must not replace. */
const issue = (remembered: Remembered): Memory => ({
  remembered,
  previousRun: () => Promise.reject(new Error('the previous run was read beside an open issue'))
})
const runs = (previous: PreviousRun): Memory => ({
  remembered: undefined,
  previousRun: () => Promise.resolve(previous)
})

describe('a failure', () => {
  it.each([
    ['where no issue is open', FAILING, issue({ open: undefined }), 'failure'],
    ['that the open issue has', FAILING, issue(openAfter(FAILING)), 'nothing'],
    ['of a rotation beside what the open issue has', FAILING, issue(openAfter(CHECK)), 'nothing'],
    [
      'that got worse',
      failingRun({ rotations: [rotation({ credentials: [deadCredential()] })] }),
      issue(openAfter(FAILING)),
      'failure'
    ],
    ['after a run that did not fail', FAILING, runs(WELL), 'failure'],
    ['after a run that failed', FAILING, runs(FAILED), 'nothing'],
    ['after a run that cannot be read', FAILING, runs({ state: 'unknown', reason: 'no' }), 'failure'],
    [
      'after a run that was ended before it could tell',
      FAILING,
      runs({ ...FAILED, couldTell: false }),
      'failure'
    ],
    [
      'with less than a day left since the previous run',
      failingRun({ rotations: [rotation({ safeUntil: '2026-01-02T23:30:00Z' })] }),
      runs(FAILED),
      'failure'
    ],
    [
      'with less than a day left before the previous run already',
      failingRun({ rotations: [rotation({ safeUntil: '2026-01-02T22:30:00Z' })] }),
      runs(FAILED),
      'nothing'
    ],
    [
      'whose consumers lost the last credential since the previous run',
      failingRun({ rotations: [rotation({ safeUntil: '2026-01-01T23:30:00Z' })] }),
      runs(FAILED),
      'failure'
    ]
  ] as const)('%s is told as it must be', async (_what, record, memory, tell) => {
    expect((await findFailureNews(record, memory)).tell).toBe(tell)
  })
})

describe('the end of a failure', () => {
  it.each([
    ['when the issue is closed', after('not-due'), issue(openAfter(FAILING)), 'recovery'],
    ['when the issue stays open', HEALTHY, issue(openAfter(FAILING)), 'nothing'],
    ['when no issue was open', after('rotated'), issue({ open: undefined }), 'nothing'],
    ['by a run that rotated', after('rotated'), runs({ ...FAILED, event: 'workflow_dispatch' }), 'recovery'],
    ['by a run that was not due', after('not-due'), runs(FAILED), 'recovery'],
    [
      'by a run that was not due and started otherwise',
      after('not-due'),
      runs({ ...FAILED, event: 'workflow_dispatch' }),
      'nothing'
    ],
    ['by a check that was started otherwise', HEALTHY, runs({ ...FAILED, event: 'push' }), 'nothing'],
    ['by a run that found the lock held', after('locked'), runs(FAILED), 'nothing'],
    ['after a run that did not fail', after('rotated'), runs(WELL), 'nothing']
  ] as const)('%s is told as it must be', async (_what, record, memory, tell) => {
    expect((await findRecoveryNews(record, memory)).tell).toBe(tell)
  })
})

describe('an incident', () => {
  it.each([
    ['by a run that was not due', after('not-due'), runs(FAILED), true],
    [
      'after a run between that found the lock held',
      after('not-due'),
      runs({ ...WELL, failedBefore: true }),
      true
    ],
    ['not by a run that found the lock held', after('locked'), runs(FAILED), false],
    ['not when nothing failed', after('rotated'), runs(WELL), false],
    ['of a rotation when the issue loses it', after('rotated'), issue(openAfter(FAILING, CHECK)), true],
    ['of a check when the issue loses it', HEALTHY, issue(openAfter(FAILING, CHECK)), true],
    ['not of a check by a rotation', after('rotated'), issue(openAfter(CHECK)), false]
  ] as const)('is resolved: %s', async (_what, record, memory, resolved) => {
    expect(await isResolved(record, memory)).toBe(resolved)
  })
})
