import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Lease } from '../../src/rotation/model/lock.ts'
import { TTL, runUrlOf, type Guarantee, type LockSubject } from './subject.ts'

export const FIRST: LockOwner = { runId: '41', attempt: 1, nonce: 'first' }
export const SECOND: LockOwner = { runId: '42', attempt: 1, nonce: 'second' }
export const THIRD: LockOwner = { runId: '43', attempt: 1, nonce: 'third' }

/** Longer than a writing phase asks for. */
export const PHASE_MS = 60_000

/** A lock on its backend, with the steps that its tests share. */
export interface LockStage {
  /** Open while the tests run. */
  readonly subject: LockSubject
  /** Adds a test if the lock gives the guarantee. */
  readonly itIfGuaranteed: (guarantee: Guarantee, title: string, test: () => Promise<void>) => void
  readonly take: (owner: LockOwner) => Promise<'held' | Lease>
  /** Takes the lock, which must be free. */
  readonly hold: (owner: LockOwner) => Promise<Lease>
  /** Lets every lease expire, and lets another run take the lock. */
  readonly loseTo: (owner: LockOwner) => Promise<Lease>
  readonly expectHeldBy: (owner: LockOwner, other?: LockOwner) => Promise<void>
  readonly expectFree: () => Promise<void>
  readonly expectLost: (work: Promise<unknown>) => Promise<void>
}

/** Opens a lock for the tests of a `describe` block, and closes it after them. */
export function createLockStage(
  guarantees: readonly Guarantee[],
  open: () => Promise<LockSubject>
): LockStage {
  const opened = openForTests(open)
  const take = async (owner: LockOwner): Promise<'held' | Lease> => {
    const claim = await opened().lockOf(owner).acquire()
    if (claim.state === 'held' || (await claim.findRival()) !== undefined) return 'held'
    return claim.lease
  }
  const hold = async (owner: LockOwner): Promise<Lease> => {
    const lease = await take(owner)
    if (lease === 'held') throw new Error(`run ${owner.runId} did not get the lock`)
    return lease
  }
  return {
    get subject() {
      return opened()
    },
    itIfGuaranteed: (guarantee, title, test) => {
      if (guarantees.includes(guarantee)) it(title, test)
    },
    take,
    hold,
    loseTo: async (owner) => {
      await opened().pass(TTL + 2)
      return await hold(owner)
    },
    expectHeldBy: async (owner, other = THIRD) => {
      expect(await opened().lockOf(other).findHolder()).toContain(runUrlOf(owner))
    },
    expectFree: async () => {
      expect(await opened().lockOf(THIRD).findHolder()).toBeUndefined()
    },
    expectLost: async (work) => {
      await expect(work).rejects.toMatchObject({ code: 'lease-lost' })
    }
  }
}

function openForTests(open: () => Promise<LockSubject>): () => LockSubject {
  let subject: LockSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(async () => {
    await subject.close()
  })
  beforeEach(() => subject.renew())
  return () => subject
}
