import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Lease } from '../../src/rotation/model/lock.ts'
import { TTL, runUrlOf, type Guarantee, type LockSubject } from './subject.ts'

/** A kind of lock on its backend, with its guarantees in addition to the common ones and the way to open it. */
export type LockCase = readonly [
  name: string,
  guarantees: readonly Guarantee[],
  open: () => Promise<LockSubject>
]

export const FIRST: LockOwner = { runId: '41', attempt: 1, nonce: 'first' }
export const SECOND: LockOwner = { runId: '42', attempt: 1, nonce: 'second' }
const THIRD: LockOwner = { runId: '43', attempt: 1, nonce: 'third' }

/** Longer than a writing phase asks for. */
const PHASE_MS = 60_000

/** Defines the tests that every lock passes, and those of the guarantees that the given locks have. */
export function testLocks(cases: readonly LockCase[]): void {
  describe.each(cases)('%s', testLock)
}

function testLock(...[, guarantees, open]: LockCase): void {
  let subject: LockSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(async () => {
    await subject.close()
  })
  beforeEach(() => subject.renew())
  /** Adds a test for the kinds that give a guarantee. */
  const itIfGuaranteed = (guarantee: Guarantee, title: string, test: () => Promise<void>): void => {
    if (guarantees.includes(guarantee)) it(title, test)
  }

  async function take(owner: LockOwner): Promise<'held' | Lease> {
    const claim = await subject.lockOf(owner).acquire()
    if (claim.state === 'held' || (await claim.findRival()) !== undefined) return 'held'
    return claim.lease
  }

  async function hold(owner: LockOwner): Promise<Lease> {
    const lease = await take(owner)
    if (lease === 'held') throw new Error(`run ${owner.runId} did not get the lock`)
    return lease
  }

  /** Lets every lease expire, and lets another run take the lock. */
  async function loseTo(owner: LockOwner): Promise<Lease> {
    await subject.pass(TTL + 2)
    return await hold(owner)
  }

  async function expectHeldBy(owner: LockOwner, other: LockOwner = THIRD): Promise<void> {
    expect(await subject.lockOf(other).findHolder()).toContain(runUrlOf(owner))
  }

  async function expectFree(): Promise<void> {
    expect(await subject.lockOf(THIRD).findHolder()).toBeUndefined()
  }

  async function expectLost(work: Promise<unknown>): Promise<void> {
    await expect(work).rejects.toMatchObject({ code: 'lease-lost' })
  }

  describe('acquire', () => {
    it('returns held, with a link to the holder, while another run has the lock', async () => {
      const lease = await hold(FIRST)
      expect(lease.lasts(TTL * 500)).toBe(true)
      const late = await subject.lockOf(SECOND).acquire()
      expect(late).toMatchObject({ state: 'held' })
      expect(late.state === 'held' && late.by).toContain(runUrlOf(FIRST))
      await expectHeldBy(FIRST)
    })

    it('returns held when another run acquires the lock during the call', async () => {
      subject.delayNext(async () => {
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
          const claims = await Promise.all(owners.map((owner) => subject.lockOf(owner).acquire()))
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
      await subject.pass(2)
      const again = await hold(FIRST)
      await expectHeldBy(FIRST)
      await subject.pass(2)
      await again.release()
      await expectFree()
    })

    it('gives the lock to a later attempt of the same run, but not to another job of it', async () => {
      await hold(FIRST)
      await subject.pass(2)
      await expectHeldBy(FIRST, { ...FIRST, nonce: 'another job' })
      await hold({ ...FIRST, attempt: 2, nonce: 'again' })
      await expectHeldBy(FIRST, { ...FIRST, attempt: 1 })
    })
  })

  describe('expiry and renewal', () => {
    it('holds the lock until its time is over, and frees it afterwards', async () => {
      await hold(FIRST)
      await subject.pass(TTL - 10)
      await expectHeldBy(FIRST)
      await subject.pass(12)
      await expectFree()
      await hold(SECOND)
      await expectHeldBy(SECOND)
    })

    it('ends the lease for its holder no later than for other runs', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL - 3)
      for (let checks = 0; ; checks++) {
        const holder = await subject.lockOf(THIRD).findHolder()
        // Checked after the call, since real time passes on the Workers runtime.
        if (!lease.lasts(1)) {
          expect(checks).toBeGreaterThan(0)
          break
        }
        expect(holder).toBeDefined()
        await subject.pass(1)
      }
    })

    it('renews the lease when a phase needs more than is left', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL - 20)
      await lease.renew(PHASE_MS)
      await subject.pass(TTL - 20)
      expect(lease.lasts(1)).toBe(true)
      await expectHeldBy(FIRST)
    })

    it('does not renew a lease that has expired', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL + 2)
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
        await subject.pass(2)
        await subject.passForStore(TTL + 2)
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
        await subject.pass(2)
        await subject.passForStore(TTL + 2)
        const now = await hold(FIRST)
        await expectLost(before.renew(PHASE_MS))
        await before.release()
        await subject.pass(2)
        await now.renew(PHASE_MS)
        await expectHeldBy(FIRST)
      }
    )
  })

  describe('release', () => {
    it('frees the lock at once', async () => {
      const lease = await hold(FIRST)
      await subject.pass(2)
      await lease.release()
      await expectFree()
      await subject.pass(2)
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
      await subject.pass(2)
      await lease.release()
      await subject.pass(2)
      await hold(SECOND)
      await subject.pass(2)
      await lease.release()
      await expectHeldBy(SECOND)
    })
  })

  describe('reclaim', () => {
    it('releases the lock of a crashed job for that job only', async () => {
      await hold(FIRST)
      await subject.pass(2)
      for (const other of [SECOND, { ...FIRST, nonce: 'another job' }, { ...FIRST, attempt: 2 }]) {
        expect(await subject.lockOf(other).reclaim()).toBe(false)
      }
      await expectHeldBy(FIRST)
      expect(await subject.lockOf(FIRST).reclaim()).toBe(true)
      await expectFree()
    })

    it('reclaims nothing when the lock was released or never acquired', async () => {
      expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
      await (await hold(FIRST)).release()
      expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
    })

    it('reclaims nothing when another run took the lock after it expired', async () => {
      await hold(FIRST)
      await loseTo(SECOND)
      expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
      await expectHeldBy(SECOND)
    })
  })

  describe('lost answers', () => {
    it('holds the lock once when the answer to its acquisition is lost', async () => {
      subject.loseAnswers(1)
      const lease = await hold(FIRST)
      await expectHeldBy(FIRST)
      await subject.pass(2)
      await lease.renew(PHASE_MS)
      await lease.release()
      await expectFree()
    })

    it('renews and releases the lease when the answers are lost', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL - 20)
      subject.loseAnswers(1)
      await lease.renew(PHASE_MS)
      await subject.pass(TTL - 25)
      await expectHeldBy(FIRST)
      subject.loseAnswers(1)
      await lease.release()
      await expectFree()
    })

    it('reclaims the lock when no call was answered', async () => {
      subject.loseAnswers(20)
      await expect(subject.lockOf(FIRST).acquire()).rejects.toMatchObject({ code: 'unreachable' })
      subject.loseAnswers(0)
      await subject.pass(2)
      await subject.lockOf(FIRST).reclaim()
      await expectFree()
    })
  })

  itIfGuaranteed(
    'fenced',
    'gives each claim a greater fence number, and a repeated claim the same one',
    async () => {
      const lease = await hold(FIRST)
      const numbers = [await subject.fence()]
      await hold(FIRST)
      expect(await subject.fence()).toBe(numbers[0])
      await lease.release()
      const next = async (owner: LockOwner): Promise<void> => {
        await hold(owner)
        numbers.push(await subject.fence())
      }
      await next(SECOND)
      await subject.pass(TTL + 2)
      await next(SECOND)
      expect(await subject.lockOf(SECOND).reclaim()).toBe(true)
      await next(FIRST)
      await next({ ...FIRST, attempt: 2 })
      expect(numbers).toEqual([1, 2, 3, 4, 5])
    }
  )
}
