import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Lease, Lock } from '../../src/rotation/model/ports.ts'
import { createD1Subject, createKvSubject } from './sandbox-subjects.ts'
import { TTL, runUrlOf, type Guarantee, type LockSubject } from './subject.ts'
import { createDurableObjectSubject, createWorkerdD1Subject } from './workerd-subjects.ts'

// The Workers runtime takes a second or two to start.
jest.setTimeout(60_000)

/** Every kind of lock, what it stands on here, and what it promises besides what every kind does. */
const KINDS: readonly (readonly [string, readonly Guarantee[], () => Promise<LockSubject>])[] = [
  ['kv, on the sandbox', [], createKvSubject],
  ['d1, on the sandbox', ['exclusive', 'fenced'], createD1Subject],
  ['d1, on the Workers runtime', ['exclusive', 'fenced'], createWorkerdD1Subject],
  ['durable-object, on the Workers runtime', ['exclusive', 'fenced'], createDurableObjectSubject]
]

const FIRST: LockOwner = { runId: '41', attempt: 1, nonce: 'first' }
const SECOND: LockOwner = { runId: '42', attempt: 1, nonce: 'second' }
const THIRD: LockOwner = { runId: '43', attempt: 1, nonce: 'third' }

/** More than what a writing phase asks for. */
const PHASE_MS = 60_000

describe.each(KINDS)('the lock %s', (_kind, guarantees, open) => {
  let subject: LockSubject
  beforeAll(async () => {
    subject = await open()
  })
  afterAll(async () => {
    await subject.close()
  })
  beforeEach(() => subject.renew())
  /** A test of what only some kinds promise. */
  const promised = (guarantee: Guarantee, what: string, test: () => Promise<void>): void => {
    if (guarantees.includes(guarantee)) it(what, test)
  }

  /** Takes a lock, both halves. */
  async function take(owner: LockOwner): Promise<'held' | Lease> {
    const beginning = await subject.lockOf(owner).begin()
    if (beginning.state === 'held') return 'held'
    const taken = await beginning.complete()
    return taken.state === 'held' ? 'held' : taken.lease
  }

  async function hold(owner: LockOwner): Promise<Lease> {
    const lease = await take(owner)
    if (lease === 'held') throw new Error(`run ${owner.runId} did not get the lock`)
    return lease
  }

  async function release(lease: Lease): Promise<void> {
    await (
      await lease.prepareRelease()
    )()
  }

  /** Ends what {@link lease} had, and lets another take the lock. */
  async function loseTo(owner: LockOwner): Promise<Lease> {
    await subject.pass(TTL + 2)
    return await hold(owner)
  }

  async function expectHeldBy(owner: LockOwner, stranger: LockOwner = THIRD): Promise<void> {
    const beginning = await subject.lockOf(stranger).begin()
    expect(beginning).toMatchObject({ state: 'held' })
    expect(beginning.state === 'held' && beginning.by).toContain(runUrlOf(owner))
  }

  async function expectFree(): Promise<void> {
    expect((await subject.lockOf(THIRD).begin()).state).toBe('open')
  }

  async function expectLost(work: Promise<unknown>): Promise<void> {
    await expect(work).rejects.toMatchObject({ code: 'lease-lost' })
  }

  const startAll = async (locks: readonly Lock[]) => {
    const beginnings = await Promise.all(locks.map((lock) => lock.begin()))
    return beginnings.map((beginning) => {
      if (beginning.state === 'held') throw new Error('the lock was not free')
      return beginning
    })
  }

  describe('taken', () => {
    it('keeps out whoever begins later, and says who holds it', async () => {
      const lease = await hold(FIRST)
      expect(lease.remainingMs()).toBeGreaterThan(0)
      expect(lease.remainingMs()).toBeLessThanOrEqual(TTL * 1000)
      await expectHeldBy(FIRST)
    })

    it('is not taken by the first half, nor by one that is abandoned', async () => {
      const [first, second] = await startAll([subject.lockOf(FIRST), subject.lockOf(SECOND)])
      await first!.abandon()
      expect((await second!.complete()).state).toBe('mine')
    })

    it('says whether nobody had it between its two halves', async () => {
      const [calm] = await startAll([subject.lockOf(FIRST)])
      const taken = await calm!.complete()
      expect(taken).toMatchObject({ state: 'mine', undisturbed: true })
      if (taken.state === 'mine') await release(taken.lease)

      const [late] = await startAll([subject.lockOf(FIRST)])
      const between = await hold(SECOND)
      await subject.pass(2)
      await release(between)
      expect(await late!.complete()).toMatchObject({ state: 'mine', undisturbed: false })
    })

    promised('exclusive', 'says whether nobody had it while it was looked at', async () => {
      subject.delayNext(async () => {
        const other = await hold(SECOND)
        await subject.pass(5)
        await release(other)
      })
      const [late] = await startAll([subject.lockOf(FIRST)])
      const taken = await late!.complete()
      expect(taken).toMatchObject({ state: 'mine', undisturbed: false })
      if (taken.state === 'mine') await release(taken.lease)

      await subject.pass(5)
      const [calm] = await startAll([subject.lockOf(FIRST)])
      expect(await calm!.complete()).toMatchObject({ state: 'mine', undisturbed: true })
    })

    promised('exclusive', 'goes to exactly one of eight that claim it at once, time after time', async () => {
      for (let round = 1; round <= 3; round++) {
        const owners = Array.from({ length: 8 }, (_, index) => ({
          runId: `${round}0${index}`,
          attempt: 1,
          nonce: 'x'
        }))
        const beginnings = await startAll(owners.map((owner) => subject.lockOf(owner)))
        const taken = await Promise.all(beginnings.map((beginning) => beginning.complete()))
        const leases = taken.flatMap((one) => (one.state === 'mine' ? [one.lease] : []))
        expect(leases).toHaveLength(1)
        const winner = owners[taken.findIndex(({ state }) => state === 'mine')]!
        for (const one of taken) if (one.state === 'held') expect(one.by).toContain(runUrlOf(winner))
        await release(leases[0]!)
      }
    })

    promised(
      'exclusive',
      'is refused to one who found it free, and claims it a moment too late',
      async () => {
        const [first, second] = await startAll([subject.lockOf(FIRST), subject.lockOf(SECOND)])
        expect((await first!.complete()).state).toBe('mine')
        const late = await second!.complete()
        expect(late).toMatchObject({ state: 'held' })
        await expectHeldBy(FIRST)
      }
    )

    it('belongs to the same job however often it takes it', async () => {
      await hold(FIRST)
      await subject.pass(2)
      const again = await hold(FIRST)
      await expectHeldBy(FIRST)
      await subject.pass(2)
      await release(again)
      await expectFree()
    })

    it('belongs to a later attempt of the same run, and to no other job of it', async () => {
      await hold(FIRST)
      await subject.pass(2)
      await expectHeldBy(FIRST, { ...FIRST, nonce: 'another job' })
      await hold({ ...FIRST, attempt: 2, nonce: 'again' })
      await expectHeldBy(FIRST, { ...FIRST, attempt: 1 })
    })
  })

  describe('in time', () => {
    it('is held until its time is over, and free afterwards', async () => {
      await hold(FIRST)
      await subject.pass(TTL - 10)
      await expectHeldBy(FIRST)
      await subject.pass(12)
      await expectFree()
      await hold(SECOND)
      await expectHeldBy(SECOND)
    })

    it('ends for its holder no later than for everybody else', async () => {
      const lease = await hold(FIRST)
      await subject.pass(Math.floor(lease.remainingMs() / 1000) - 1)
      for (let checks = 0; ; checks++) {
        const { state } = await subject.lockOf(THIRD).begin()
        // Asked afterwards: on the Workers runtime real time goes on meanwhile.
        if (lease.remainingMs() <= 0) {
          expect(checks).toBeGreaterThan(0)
          break
        }
        expect(state).toBe('held')
        await subject.pass(1)
      }
    })

    it('is extended when a phase needs more than is left', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL - 20)
      await lease.ensure(PHASE_MS)
      expect(lease.remainingMs()).toBeGreaterThan((TTL - 20) * 1000)
      await subject.pass(TTL - 20)
      expect(lease.remainingMs()).toBeGreaterThan(0)
      await expectHeldBy(FIRST)
    })

    it('that is over is extended for nobody', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL + 2)
      await expectLost(lease.ensure(PHASE_MS))
      await expectFree()
    })

    it('that another has is not extended', async () => {
      const lease = await hold(FIRST)
      await loseTo(SECOND)
      await expectLost(lease.ensure(PHASE_MS))
      await expectHeldBy(SECOND)
    })

    promised(
      'fenced',
      'that another took is lost, even if the clocks of its holder stood still',
      async () => {
        const lease = await hold(FIRST)
        await subject.pass(2)
        await subject.passForKeeper(TTL + 2)
        await hold(SECOND)
        expect(lease.remainingMs()).toBeGreaterThan(0)
        await expectLost(lease.ensure(PHASE_MS))
        await expectHeldBy(SECOND)
      }
    )

    promised('fenced', 'that the same job took again is lost to its former self', async () => {
      const before = await hold(FIRST)
      await subject.pass(2)
      await subject.passForKeeper(TTL + 2)
      const now = await hold(FIRST)
      await expectLost(before.ensure(PHASE_MS))
      await release(before)
      await subject.pass(2)
      await now.ensure(PHASE_MS)
      await expectHeldBy(FIRST)
    })
  })

  describe('given back', () => {
    it('is free at once', async () => {
      const lease = await hold(FIRST)
      await subject.pass(2)
      await release(lease)
      await expectFree()
      await subject.pass(2)
      await hold(SECOND)
      await expectHeldBy(SECOND)
    })

    it('by one who lost it stays with whoever has it', async () => {
      const lease = await hold(FIRST)
      await loseTo(SECOND)
      await release(lease)
      await expectHeldBy(SECOND)
    })

    it('twice is free once', async () => {
      const lease = await hold(FIRST)
      await subject.pass(2)
      await release(lease)
      await subject.pass(2)
      await hold(SECOND)
      await subject.pass(2)
      await release(lease)
      await expectHeldBy(SECOND)
    })
  })

  describe('left behind by a job that died', () => {
    it('is given back by that job alone', async () => {
      await hold(FIRST)
      await subject.pass(2)
      for (const stranger of [SECOND, { ...FIRST, nonce: 'another job' }, { ...FIRST, attempt: 2 }]) {
        expect(await subject.lockOf(stranger).reclaim()).toBe(false)
      }
      await expectHeldBy(FIRST)
      expect(await subject.lockOf(FIRST).reclaim()).toBe(true)
      await expectFree()
    })

    it('is not there when it was given back, or was never taken', async () => {
      expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
      await release(await hold(FIRST))
      expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
    })

    it('is free when its time is over', async () => {
      await hold(FIRST)
      await loseTo(SECOND)
      expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
      await expectHeldBy(SECOND)
    })
  })

  describe('whose answers get lost', () => {
    it('is held once by whoever claimed it', async () => {
      const beginning = await subject.lockOf(FIRST).begin()
      if (beginning.state === 'held') throw new Error('the lock was not free')
      subject.loseAnswers(1)
      const taken = await beginning.complete()
      if (taken.state === 'held') throw new Error('the claim was not taken for its own')
      await expectHeldBy(FIRST)
      await subject.pass(2)
      await taken.lease.ensure(PHASE_MS)
      await release(taken.lease)
      await expectFree()
    })

    it('is extended, and given back', async () => {
      const lease = await hold(FIRST)
      await subject.pass(TTL - 20)
      subject.loseAnswers(1)
      await lease.ensure(PHASE_MS)
      await subject.pass(TTL - 25)
      await expectHeldBy(FIRST)
      const giveBack = await lease.prepareRelease()
      subject.loseAnswers(1)
      await giveBack()
      await expectFree()
    })

    it('is left to whoever had it when nothing is answered at all', async () => {
      const beginning = await subject.lockOf(FIRST).begin()
      if (beginning.state === 'held') throw new Error('the lock was not free')
      subject.loseAnswers(20)
      await expect(beginning.complete()).rejects.toMatchObject({ code: 'unreachable' })
      subject.loseAnswers(0)
      await subject.pass(2)
      expect(await subject.lockOf(FIRST).reclaim()).toBe(true)
      await expectFree()
    })
  })

  promised('fenced', 'gives each claim a greater number, and a repeated one the same', async () => {
    const lease = await hold(FIRST)
    const numbers = [await subject.fence()]
    await hold(FIRST)
    expect(await subject.fence()).toBe(numbers[0])
    await release(lease)
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
  })
})

/** What Workers KV can't promise; were this to fail, the documentation would say too little. */
describe('the lock in Workers KV is advisory', () => {
  it('and may be held by two who begin before either has written', async () => {
    const subject = await createKvSubject()
    const [first, second] = await Promise.all([subject.lockOf(FIRST).begin(), subject.lockOf(SECOND).begin()])
    if (first.state === 'held' || second.state === 'held') throw new Error('the lock was not free')
    expect((await first.complete()).state).toBe('mine')
    await subject.pass(2)
    expect((await second.complete()).state).toBe('mine')
  })

  it('and by two when reads are stale', async () => {
    const subject = await createKvSubject()
    const take = async (owner: LockOwner): Promise<string> => {
      const beginning = await subject.lockOf(owner).begin()
      return beginning.state === 'held' ? 'held' : (await beginning.complete()).state
    }
    subject.sandbox.cloudflare.kv.staleReadMs = 120_000
    expect(await take(FIRST)).toBe('mine')
    expect(await take(SECOND)).toBe('mine')
  })

  it('yet eight who write at the same moment and read fresh find out that one is last', async () => {
    const subject = await createKvSubject()
    subject.sandbox.cloudflare.kv.limitsWrites = false
    subject.sandbox.latencyMs = 50
    const owners = Array.from({ length: 8 }, (_, index) => ({ runId: `5${index}`, attempt: 1, nonce: 'x' }))
    const beginnings = await Promise.all(owners.map((owner) => subject.lockOf(owner).begin()))
    const states = await Promise.all(
      beginnings.map(async (beginning) =>
        beginning.state === 'held' ? 'held' : (await beginning.complete()).state
      )
    )
    expect(states.filter((state) => state === 'mine')).toHaveLength(1)
  })
})
