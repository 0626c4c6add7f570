import { describe, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Lease } from '../../src/rotation/model/lock.ts'
import { createD1Subject, type SandboxSubject } from './sandbox-subjects.ts'
import { TTL } from './subject.ts'

const FIRST: LockOwner = { runId: '41', attempt: 1, nonce: 'first' }
const SECOND: LockOwner = { runId: '42', attempt: 1, nonce: 'second' }
const QUERY = 'POST /accounts/:account_id/d1/database/:database_id/query'

async function hold(subject: SandboxSubject, owner: LockOwner): Promise<Lease> {
  const claim = await subject.lockOf(owner).acquire()
  if (claim.state === 'held') throw new Error('the lock is held')
  return claim.lease
}

/** The first words of the statements that were sent. */
function statementsOf({ sandbox }: SandboxSubject): readonly string[] {
  return sandbox.transcript.calls.map(({ body }) => /^\w+/.exec((body as { sql: string }).sql)?.[0] ?? '')
}

describe('D1 lock', () => {
  it('creates its table with the first claim, and then acquires the lock with one call', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    expect(statementsOf(subject)).toEqual(['INSERT', 'CREATE', 'INSERT'])
    await lease.release()
    subject.sandbox.transcript.clear()
    await hold(subject, SECOND)
    expect(statementsOf(subject)).toEqual(['INSERT'])
  })

  it('writes nothing to D1 until the lock is acquired', async () => {
    const subject = await createD1Subject()
    expect(await subject.lockOf(FIRST).findHolder()).toBeUndefined()
    expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
    expect(subject.account.database.tables).toEqual([])
  })

  it('queries the database at each renewal of the lease', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.sandbox.transcript.clear()
    expect(lease.lasts(30_000)).toBe(true)
    expect(statementsOf(subject)).toEqual([])
    await lease.renew(30_000)
    await lease.renew(30_000)
    expect(statementsOf(subject)).toEqual(['UPDATE', 'UPDATE'])
  })

  it('holds the lease to its last moment, whichever fraction of a second it began in', async () => {
    for (const part of [0, 0.001, 0.5, 0.999]) {
      const subject = await createD1Subject()
      await subject.pass(part)
      const lease = await hold(subject, FIRST)
      await subject.pass(TTL - 0.001)
      expect(lease.lasts(1)).toBe(true)
      expect(lease.lasts(2)).toBe(false)
      expect(await subject.lockOf(SECOND).findHolder()).toBeDefined()
    }
  })

  it('counts the lease from before the call that acquired or renewed it', async () => {
    const subject = await createD1Subject()
    await (await hold(subject, SECOND)).release()
    subject.sandbox.latencyMs = 10_000
    const lease = await hold(subject, FIRST)
    await subject.pass(TTL - 10 - 1)
    expect(lease.lasts(1_000)).toBe(true)
    expect(lease.lasts(1_001)).toBe(false)
    subject.sandbox.latencyMs = 500
    await lease.renew(30_000)
    await subject.pass(TTL - 0.5 - 1)
    expect(lease.lasts(1_000)).toBe(true)
    expect(lease.lasts(1_001)).toBe(false)
  })

  it('reports an expired lease as lost without a query to the database', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.sandbox.transcript.clear()
    await subject.pass(TTL)
    await expect(lease.renew(30_000)).rejects.toMatchObject({ code: 'lease-lost' })
    expect(statementsOf(subject)).toEqual([])
  })

  it('acquires, renews and releases the lock when its answers are lost or unreadable', async () => {
    const subject = await createD1Subject()
    const { sandbox } = subject
    sandbox.faults.add({ match: { operation: QUERY, nth: 1 }, when: 'before', answer: { status: 503 } })
    sandbox.faults.add({ match: { operation: QUERY, nth: 2 }, when: 'after', answer: { status: 500 } })
    sandbox.faults.add({ match: { operation: QUERY, nth: 3 }, when: 'after', answer: 'success-false' })
    const lease = await hold(subject, FIRST)
    expect(await subject.fence()).toBe(1)
    await subject.pass(30)
    sandbox.faults.add({ match: { operation: QUERY, nth: 1 }, when: 'after', answer: 'garbage' })
    await lease.renew(60_000)
    sandbox.faults.add({ match: { operation: QUERY, nth: 1 }, when: 'after', answer: 'drop' })
    await lease.release()
    expect(await subject.lockOf(SECOND).findHolder()).toBeUndefined()
  })

  it('fails with bad-answer when the database keeps answering 503', async () => {
    const subject = await createD1Subject()
    subject.sandbox.faults.add({
      match: { operation: QUERY, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const error = await subject
      .lockOf(FIRST)
      .findHolder()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'bad-answer', effect: 'unknown' })
    expect((error as Error).message).toMatch(/^The lock could not be read: /)
    expect(subject.sandbox.transcript.calls).toHaveLength(4)
  })

  it('reports the lease as lost when its table is gone', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.account.database.run('DROP TABLE rotate_locks')
    await subject.pass(2)
    await expect(lease.renew(30_000)).rejects.toMatchObject({ code: 'lease-lost' })
  })

  it('fails with not-found when the database does not exist', async () => {
    const subject = await createD1Subject()
    const { id } = subject.account.database
    Object.assign(subject.account, { database: { id: id.replace('5', '6') } })
    await expect(subject.lockOf(FIRST).acquire()).rejects.toMatchObject({
      code: 'not-found',
      call: { status: 404, apiCode: 7404 }
    })
  })

  it('fails with permission when a read-only token acquires the lock', async () => {
    const probe = await createD1Subject()
    const { value } = probe.sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['D1 Read'] })
    const subject = await createD1Subject(value)
    subject.sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['D1 Read'] })
    expect(await subject.lockOf(FIRST).findHolder()).toBeUndefined()
    await expect(subject.lockOf(FIRST).acquire()).rejects.toMatchObject({ code: 'permission' })
  })

  it('fails with refused when an unknown token acquires the lock', async () => {
    const subject = await createD1Subject('cfat_unknown')
    await expect(subject.lockOf(FIRST).acquire()).rejects.toMatchObject({ code: 'refused' })
  })
})
