import { describe, expect, it } from '@jest/globals'
import { FIRST, PHASE_MS, SECOND, type LockStage } from './lock-stage.ts'
import { TTL } from './subject.ts'

/** Defines the tests of releasing a lock. */
export function testRelease(stage: LockStage): void {
  const { hold, loseTo, expectHeldBy, expectFree } = stage
  describe('release', () => {
    it('frees the lock at once', async () => {
      const lease = await hold(FIRST)
      await stage.subject.pass(2)
      await lease.release()
      await expectFree()
      await stage.subject.pass(2)
      await hold(SECOND)
      await expectHeldBy(SECOND)
    })

    it('leaves the lock with its holder when a former holder releases it', async () => {
      const lease = await hold(FIRST)
      await loseTo(SECOND)
      await lease.release()
      await expectHeldBy(SECOND)
    })

    it('ignores a second release after another run took the lock', async () => {
      const lease = await hold(FIRST)
      await stage.subject.pass(2)
      await lease.release()
      await stage.subject.pass(2)
      await hold(SECOND)
      await stage.subject.pass(2)
      await lease.release()
      await expectHeldBy(SECOND)
    })
  })
}

/** Defines the tests of reclaiming the lock of a job that ended. */
export function testReclaim(stage: LockStage): void {
  const { hold, loseTo, expectHeldBy, expectFree } = stage
  describe('reclaim', () => {
    it('releases the lock of a crashed job for that job only', async () => {
      await hold(FIRST)
      await stage.subject.pass(2)
      for (const other of [SECOND, { ...FIRST, nonce: 'another job' }, { ...FIRST, attempt: 2 }]) {
        expect(await stage.subject.lockOf(other).reclaim()).toBe(false)
      }
      await expectHeldBy(FIRST)
      expect(await stage.subject.lockOf(FIRST).reclaim()).toBe(true)
      await expectFree()
    })

    it('reclaims nothing when the lock was released or never acquired', async () => {
      expect(await stage.subject.lockOf(FIRST).reclaim()).toBe(false)
      await (await hold(FIRST)).release()
      expect(await stage.subject.lockOf(FIRST).reclaim()).toBe(false)
    })

    it('reclaims nothing when another run took the lock after it expired', async () => {
      await hold(FIRST)
      await loseTo(SECOND)
      expect(await stage.subject.lockOf(FIRST).reclaim()).toBe(false)
      await expectHeldBy(SECOND)
    })
  })
}

/** Defines the tests of calls whose answers are lost. */
export function testLostAnswers(stage: LockStage): void {
  const { hold, expectHeldBy, expectFree } = stage
  describe('lost answers', () => {
    it('holds the lock once when the answer to its acquisition is lost', async () => {
      stage.subject.loseAnswers(1)
      const lease = await hold(FIRST)
      await expectHeldBy(FIRST)
      await stage.subject.pass(2)
      await lease.renew(PHASE_MS)
      await lease.release()
      await expectFree()
    })

    it('renews and releases the lease when the answers are lost', async () => {
      const lease = await hold(FIRST)
      await stage.subject.pass(TTL - 20)
      stage.subject.loseAnswers(1)
      await lease.renew(PHASE_MS)
      await stage.subject.pass(TTL - 25)
      await expectHeldBy(FIRST)
      stage.subject.loseAnswers(1)
      await lease.release()
      await expectFree()
    })

    it('reclaims the lock when no call was answered', async () => {
      stage.subject.loseAnswers(20)
      await expect(stage.subject.lockOf(FIRST).acquire()).rejects.toMatchObject({ code: 'unreachable' })
      stage.subject.loseAnswers(0)
      await stage.subject.pass(2)
      await stage.subject.lockOf(FIRST).reclaim()
      await expectFree()
    })
  })
}
