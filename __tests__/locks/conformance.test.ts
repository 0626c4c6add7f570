import { describe, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import { FIRST, SECOND, testLocks } from './conformance.ts'
import { createD1Subject, createKvSubject } from './sandbox-subjects.ts'

testLocks([
  ['kv, on the sandbox', [], createKvSubject],
  ['d1, on the sandbox', ['exclusive', 'fenced'], createD1Subject]
])

/** Limits of Workers KV; were one of these to fail, the documentation would say too little. */
describe('the advisory lock in Workers KV', () => {
  it('is held by two runs when the second writes after the first has read its own entry back', async () => {
    const subject = await createKvSubject()
    subject.sandbox.cloudflare.kv.staleReadMs = 120_000
    const take = async (owner: LockOwner): Promise<string> => (await subject.lockOf(owner).acquire()).state
    expect(await take(FIRST)).toBe('acquired')
    expect(await take(SECOND)).toBe('acquired')
  })

  it('goes to the last of eight runs that write at the same moment and read fresh', async () => {
    const subject = await createKvSubject()
    subject.sandbox.cloudflare.kv.limitsWrites = false
    subject.sandbox.latencyMs = 50
    const owners = Array.from({ length: 8 }, (_, index) => ({ runId: `5${index}`, attempt: 1, nonce: 'x' }))
    const claims = await Promise.all(owners.map((owner) => subject.lockOf(owner).acquire()))
    const rivals = await Promise.all(
      claims.map(async (claim) => (claim.state === 'held' ? claim.by : await claim.findRival()))
    )
    expect(rivals.filter((rival) => rival === undefined)).toHaveLength(1)
  })
})
