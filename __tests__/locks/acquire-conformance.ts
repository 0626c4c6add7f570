import { describe, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import { FIRST, SECOND, type LockStage } from './lock-stage.ts'
import { runUrlOf, TTL } from './subject.ts'

/** Defines the tests of acquiring a lock. */
export function testAcquire(stage: LockStage): void {
  const { take, hold, expectHeldBy, expectFree, itIfGuaranteed } = stage
  describe('acquire', () => {
    it('returns held, with a link to the holder, while another run has the lock', async () => {
      const lease = await hold(FIRST)
      expect(lease.lasts(TTL * 500)).toBe(true)
      const late = await stage.subject.lockOf(SECOND).acquire()
      expect(late).toMatchObject({ state: 'held' })
      expect(late.state === 'held' && late.by).toContain(runUrlOf(FIRST))
      await expectHeldBy(FIRST)
    })

    it('returns held when another run acquires the lock during the call', async () => {
      stage.subject.delayNext(async () => {
        await hold(SECOND)
      })
      expect(await take(FIRST)).toBe('held')
      await expectHeldBy(SECOND)
    })

    itIfGuaranteed(
      'exclusive',
      'gives the lock to exactly one of eight runs that acquire it at once',
      async () => {
        for (let round = 1; round <= 3; round++) {
          const owners = Array.from({ length: 8 }, (_, index) => ({
            runId: `${round}0${index}`,
            attempt: 1,
            nonce: 'x'
          }))
          const claims = await Promise.all(owners.map((owner) => stage.subject.lockOf(owner).acquire()))
          const leases = claims.flatMap((one) => (one.state === 'acquired' ? [one.lease] : []))
          expect(leases).toHaveLength(1)
          const winner = owners[claims.findIndex(({ state }) => state === 'acquired')]!
          for (const one of claims) if (one.state === 'held') expect(one.by).toContain(runUrlOf(winner))
          await leases[0]!.release()
        }
      }
    )

    it('gives the lock to the same job each time it acquires it', async () => {
      await hold(FIRST)
      await stage.subject.pass(2)
      const again = await hold(FIRST)
      await expectHeldBy(FIRST)
      await stage.subject.pass(2)
      await again.release()
      await expectFree()
    })

    it('gives the lock to a later attempt of the same run, but not to another job of it', async () => {
      await hold(FIRST)
      await stage.subject.pass(2)
      await expectHeldBy(FIRST, { ...FIRST, nonce: 'another job' })
      await hold({ ...FIRST, attempt: 2, nonce: 'again' })
      await expectHeldBy(FIRST, { ...FIRST, attempt: 1 })
    })
  })
}

/** Defines the tests of the fence numbers. */
export function testFence(stage: LockStage): void {
  const { hold, itIfGuaranteed } = stage
  itIfGuaranteed(
    'fenced',
    'gives each claim a greater fence number, and a repeated claim the same one',
    async () => {
      const lease = await hold(FIRST)
      const numbers = [await stage.subject.fence()]
      await hold(FIRST)
      expect(await stage.subject.fence()).toBe(numbers[0])
      await lease.release()
      const next = async (owner: LockOwner): Promise<void> => {
        await hold(owner)
        numbers.push(await stage.subject.fence())
      }
      await next(SECOND)
      await stage.subject.pass(TTL + 2)
      await next(SECOND)
      expect(await stage.subject.lockOf(SECOND).reclaim()).toBe(true)
      await next(FIRST)
      await next({ ...FIRST, attempt: 2 })
      expect(numbers).toEqual([1, 2, 3, 4, 5])
    }
  )
}
