import { describe, expect, it } from '@jest/globals'
import type { LockOwner } from '../../src/locks/lock-owner.ts'
import { testLocks } from './conformance.ts'
import { FIRST, SECOND } from './lock-stage.ts'
import { createD1Subject, createKvSubject } from './sandbox-subjects.ts'

testLocks([
  ['KV lock on the sandbox', [], createKvSubject],
  ['D1 lock on the sandbox', ['exclusive', 'fenced'], createD1Subject]
])

/** Known limits of Workers KV. If one of these fails, the documentation promises too little. */
describe('KV lock without strong consistency', () => {
  it('lets two runs hold the KV lock when the second writes after the first has read its entry back', async () => {
    const subject = await createKvSubject()
    subject.sandbox.cloudflare.kv.staleReadMs = 120_000
    const take = async (owner: LockOwner): Promise<string> => (await subject.lockOf(owner).acquire()).state
    expect(await take(FIRST)).toBe('acquired')
    expect(await take(SECOND)).toBe('acquired')
  })

  it('gives the KV lock to one of eight runs that write at the same moment and read fresh values', async () => {
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
