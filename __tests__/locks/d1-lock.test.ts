import { describe, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import type { Lease } from '../../src/rotation/model/ports.ts'
import { createD1Subject, type SandboxSubject } from './sandbox-subjects.ts'
import { TTL } from './subject.ts'

const FIRST: LockOwner = { runId: '41', attempt: 1, nonce: 'first' }
const SECOND: LockOwner = { runId: '42', attempt: 1, nonce: 'second' }
const QUERY = 'POST /accounts/:account_id/d1/database/:database_id/query'

async function hold(subject: SandboxSubject, owner: LockOwner): Promise<Lease> {
  const beginning = await subject.lockOf(owner).begin()
  if (beginning.state === 'held') throw new Error('the lock was not free')
  const taken = await beginning.complete()
  if (taken.state === 'held') throw new Error('the lock went to another')
  return taken.lease
}

async function release(lease: Lease): Promise<void> {
  await (
    await lease.prepareRelease()
  )()
}

/** The first words of the statements that were sent. */
function statementsOf({ sandbox }: SandboxSubject): readonly string[] {
  return sandbox.transcript.calls.map(({ body }) => /^\w+/.exec((body as { sql: string }).sql)?.[0] ?? '')
}

describe('the lock in D1', () => {
  it('makes its table when it is first claimed, and then costs one call to read and one to claim', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    expect(statementsOf(subject)).toEqual(['SELECT', 'INSERT', 'CREATE', 'INSERT'])
    await release(lease)
    subject.sandbox.transcript.clear()
    await hold(subject, SECOND)
    expect(statementsOf(subject)).toEqual(['SELECT', 'INSERT'])
  })

  it('writes nothing until it is claimed', async () => {
    const subject = await createD1Subject()
    expect((await subject.lockOf(FIRST).begin()).state).toBe('open')
    expect(await subject.lockOf(FIRST).reclaim()).toBe(false)
    expect(subject.account.database.tables).toEqual([])
  })

  it('asks the database before every phase; before the first, the claim has just done so', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.sandbox.transcript.clear()
    await lease.ensure(30_000)
    expect(statementsOf(subject)).toEqual([])
    await lease.ensure(30_000)
    await lease.ensure(30_000)
    expect(statementsOf(subject)).toEqual(['UPDATE', 'UPDATE'])
  })

  it('asks before the first phase too, when time has passed since the claim', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.sandbox.transcript.clear()
    await subject.pass(1)
    await lease.ensure(30_000)
    expect(statementsOf(subject)).toEqual(['UPDATE'])
  })

  it('is held to the last moment of its time, in whichever part of a second it began', async () => {
    for (const part of [0, 0.001, 0.5, 0.999]) {
      const subject = await createD1Subject()
      await subject.pass(part)
      const lease = await hold(subject, FIRST)
      await subject.pass(TTL - 0.001)
      expect(lease.remainingMs()).toBe(1)
      expect((await subject.lockOf(SECOND).begin()).state).toBe('held')
    }
  })

  it('is counted from before the call that took or extended it, however long the answer took', async () => {
    const subject = await createD1Subject()
    await release(await hold(subject, SECOND))
    subject.sandbox.latencyMs = 10_000
    const lease = await hold(subject, FIRST)
    expect(lease.remainingMs()).toBe(TTL * 1000 - 10_000)
    await subject.pass(30)
    await lease.ensure(30_000)
    expect(lease.remainingMs()).toBe(TTL * 1000 - 10_000)
  })

  it('that its holder takes for over is lost without asking, even if the database would still say yes', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.sandbox.transcript.clear()
    await subject.pass(TTL)
    await expect(lease.ensure(30_000)).rejects.toMatchObject({ code: 'lease-lost' })
    expect(statementsOf(subject)).toEqual([])
  })

  it('is claimed, extended and given back through answers that say nothing', async () => {
    const subject = await createD1Subject()
    const { sandbox } = subject
    sandbox.faults.add({ match: { operation: QUERY, nth: 2 }, when: 'before', answer: { status: 503 } })
    sandbox.faults.add({ match: { operation: QUERY, nth: 3 }, when: 'after', answer: { status: 500 } })
    sandbox.faults.add({ match: { operation: QUERY, nth: 4 }, when: 'after', answer: 'success-false' })
    const lease = await hold(subject, FIRST)
    expect(await subject.fence()).toBe(1)
    await subject.pass(30)
    sandbox.faults.add({ match: { operation: QUERY, nth: 1 }, when: 'after', answer: 'garbage' })
    await lease.ensure(60_000)
    sandbox.faults.add({ match: { operation: QUERY, nth: 1 }, when: 'after', answer: 'drop' })
    await release(lease)
    expect((await subject.lockOf(SECOND).begin()).state).toBe('open')
  })

  it('fails as what it is when the database keeps saying nothing', async () => {
    const subject = await createD1Subject()
    subject.sandbox.faults.add({
      match: { operation: QUERY, count: Infinity },
      when: 'before',
      answer: { status: 503 }
    })
    const error = await subject
      .lockOf(FIRST)
      .begin()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'bad-answer', effect: 'unknown' })
    expect((error as Error).message).toMatch(/^The lock could not be read: /)
    expect(subject.sandbox.transcript.calls).toHaveLength(4)
  })

  it('is lost when its table is gone', async () => {
    const subject = await createD1Subject()
    const lease = await hold(subject, FIRST)
    subject.account.database.run('DROP TABLE rotate_locks')
    await subject.pass(2)
    await expect(lease.ensure(30_000)).rejects.toMatchObject({ code: 'lease-lost' })
  })

  it('names a database that does not exist, and is not taken for a free one', async () => {
    const subject = await createD1Subject()
    const { id } = subject.account.database
    Object.assign(subject.account, { database: { id: id.replace('5', '6') } })
    await expect(subject.lockOf(FIRST).begin()).rejects.toMatchObject({
      code: 'not-found',
      call: { status: 404, apiCode: 7404 }
    })
  })

  it('names a token that may only read, once it claims', async () => {
    const probe = await createD1Subject()
    const { value } = probe.sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['D1 Read'] })
    const subject = await createD1Subject(value)
    subject.sandbox.cloudflare.tokens.seed({ name: 'reader', groups: ['D1 Read'] })
    const beginning = await subject.lockOf(FIRST).begin()
    if (beginning.state === 'held') throw new Error('the lock was not free')
    await expect(beginning.complete()).rejects.toMatchObject({ code: 'permission' })
  })

  it('names a token without any permission at once', async () => {
    const subject = await createD1Subject('cfat_unknown')
    await expect(subject.lockOf(FIRST).begin()).rejects.toMatchObject({ code: 'refused' })
  })
})
