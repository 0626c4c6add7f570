import { describe, expect, it } from '@jest/globals'
import type { WorkerVersion } from '../../../src/cloudflare/workers.ts'
import {
  findUntaggedChange,
  readJournal,
  tagsToKeep
} from '../../../src/destinations/worker/worker-journal.ts'
import { formatTag, parseTag } from '../../../src/destinations/write-tag.ts'

const MINUTE = 60_000

/** Versions with their tags, the newest first. */
function versionsOf(
  ...tags: readonly (Readonly<Record<string, string>> | 'code')[]
): readonly WorkerVersion[] {
  return tags
    .map((of, index) => ({
      id: `version-${index + 1}`,
      number: index + 1,
      createdAt: index * MINUTE,
      bySecret: of !== 'code',
      tags: of === 'code' ? {} : of
    }))
    .reverse()
}

function tag(holds: string, at: number): string {
  return formatTag({ holds }, { home: '4b147bce', runId: '77', at })
}

const OLD = tag('old', 1)
const NEW = tag('new', 2)

describe('the tag of a write', () => {
  it('is read as it was written, and fits 100 bytes for the longest ids', () => {
    const holds = '0f2ac74b-498b-4802-8cb6-8387c421e279'
    const text = formatTag({ holds }, { home: '4b147bce', runId: '12345678901234567890', at: 1.8e12 })
    expect(parseTag(text)).toEqual({ holds, home: '4b147bce', at: 1.8e12 })
    expect(Buffer.byteLength(text)).toBeLessThan(100)
  })

  it.each(['', 'web', 'old 4b147bce 77', 'old 4b147bcX 77 abc'])('is not read from "%s"', (text) => {
    expect(parseTag(text)).toBeUndefined()
  })
})

describe('the journal of a Worker', () => {
  it('says what the newest write of a secret wrote, also after new code was deployed', () => {
    const versions = versionsOf({ 'rotate/A': OLD }, { 'rotate/A': NEW }, 'code')
    expect(readJournal(versions).get('A')).toMatchObject({ holds: 'new', version: { number: 2 } })
    expect(findUntaggedChange(versions)).toBeUndefined()
  })

  it('is not misled by another rotation that repeats an older tag', () => {
    const versions = versionsOf(
      { 'rotate/A': OLD },
      { 'rotate/A': NEW },
      { 'rotate/A': OLD, 'rotate/B': tag('b', 3) }
    )
    expect(readJournal(versions).get('A')?.holds).toBe('new')
    expect(tagsToKeep(versions, new Set(['A', 'B']))['rotate/A']).toBe(NEW)
  })

  it('finds a change of secrets that no tag explains, whether tags are inherited or not', () => {
    expect(findUntaggedChange(versionsOf({ 'rotate/A': OLD }, {}))?.number).toBe(2)
    const inherited = versionsOf({ 'rotate/A': OLD }, 'code', 'code', { 'rotate/A': OLD })
    expect(findUntaggedChange(inherited)?.number).toBe(4)
  })

  it('takes the same call that arrived twice for one write', () => {
    expect(findUntaggedChange(versionsOf({ 'rotate/A': OLD }, { 'rotate/A': OLD }))).toBeUndefined()
  })

  it("keeps other people's tags of the newest version, and drops those of secrets that are gone", () => {
    const versions = versionsOf(
      { team: 'old', 'rotate/GONE': OLD },
      { team: 'web', 'workers/message': 'x', 'rotate/A': NEW }
    )
    expect(tagsToKeep(versions, new Set(['A']))).toEqual({ team: 'web', 'rotate/A': NEW })
  })
})
