import { describe } from '@jest/globals'
import { testAcquire, testFence } from './acquire-conformance.ts'
import { testLease } from './lease-conformance.ts'
import { createLockStage } from './lock-stage.ts'
import { testLostAnswers, testReclaim, testRelease } from './release-conformance.ts'
import type { Guarantee, LockSubject } from './subject.ts'

/** A kind of lock on its backend, with its guarantees in addition to the common ones and the way to open it. */
export type LockCase = readonly [
  name: string,
  guarantees: readonly Guarantee[],
  open: () => Promise<LockSubject>
]

/** Defines the tests that every lock passes, and those of the guarantees that the given locks have. */
export function testLocks(cases: readonly LockCase[]): void {
  describe.each(cases)('%s', (_name, guarantees, open) => {
    const stage = createLockStage(guarantees, open)
    testAcquire(stage)
    testLease(stage)
    testRelease(stage)
    testReclaim(stage)
    testLostAnswers(stage)
    testFence(stage)
  })
}
