import { describe, expect, it } from '@jest/globals'
import { FIRST, PHASE_MS, SECOND, THIRD, type LockStage } from './lock-stage.ts'
import { TTL } from './subject.ts'

/** Defines the tests of the end of a lease and of its renewal. */
export function testLease(stage: LockStage): void {
  const { hold, loseTo, expectHeldBy, expectFree, expectLost, itIfGuaranteed } = stage
  describe('expiry and renewal', () => {
    it('holds the lock until its time is over, and frees it afterwards', async () => {
      await hold(FIRST)
      await stage.subject.pass(TTL - 10)
      await expectHeldBy(FIRST)
      await stage.subject.pass(12)
      await expectFree()
      await hold(SECOND)
      await expectHeldBy(SECOND)
    })

    it('ends the lease for its holder no later than for other runs', async () => {
      const lease = await hold(FIRST)
      await stage.subject.pass(TTL - 3)
      for (let checks = 0; ; checks++) {
        const holder = await stage.subject.lockOf(THIRD).findHolder()
        // Checked after the call, since real time passes on the Workers runtime.
        if (!lease.lasts(1)) {
          expect(checks).toBeGreaterThan(0)
          break
        }
        expect(holder).toBeDefined()
        await stage.subject.pass(1)
      }
    })

    it('renews the lease when a phase needs more than is left', async () => {
      const lease = await hold(FIRST)
      await stage.subject.pass(TTL - 20)
      await lease.renew(PHASE_MS)
      await stage.subject.pass(TTL - 20)
      expect(lease.lasts(1)).toBe(true)
      await expectHeldBy(FIRST)
    })

    it('does not renew a lease that has expired', async () => {
      const lease = await hold(FIRST)
      await stage.subject.pass(TTL + 2)
      await expectLost(lease.renew(PHASE_MS))
      await expectFree()
    })

    it('does not renew a lease after another run took the lock', async () => {
      const lease = await hold(FIRST)
      await loseTo(SECOND)
      await expectLost(lease.renew(PHASE_MS))
      await expectHeldBy(SECOND)
    })

    itIfGuaranteed(
      'fenced',
      'reports a lease that another run took as lost although the clocks of its holder stood still',
      async () => {
        const lease = await hold(FIRST)
        await stage.subject.pass(2)
        await stage.subject.passForStore(TTL + 2)
        await hold(SECOND)
        expect(lease.lasts(1)).toBe(true)
        await expectLost(lease.renew(PHASE_MS))
        await expectHeldBy(SECOND)
      }
    )

    itIfGuaranteed(
      'fenced',
      'reports an earlier lease as lost when the same job acquired the lock again',
      async () => {
        const before = await hold(FIRST)
        await stage.subject.pass(2)
        await stage.subject.passForStore(TTL + 2)
        const now = await hold(FIRST)
        await expectLost(before.renew(PHASE_MS))
        await before.release()
        await stage.subject.pass(2)
        await now.renew(PHASE_MS)
        await expectHeldBy(FIRST)
      }
    )
  })
}
