import type { WorkerVersion } from '../../cloudflare/workers.ts'
import { parseTag, type WriteTag } from '../write-tag.ts'

/** Begin of the keys of this program's tags; the name of a secret follows. */
const PREFIX = 'rotate/'
/** Begin of the keys of Cloudflare's own annotations, which belong to one version. */
const RESERVED = 'workers/'

/** What the versions of a Worker tell about one of its secrets. */
export interface JournalEntry extends WriteTag {
  /** Tag as it was written. */
  readonly tag: string
  /** Version that the write made. */
  readonly version: WorkerVersion
}

/** Key of the tag of a secret. */
export function tagKey(secret: string): string {
  return `${PREFIX}${secret}`
}

/**
 * Reads what each secret holds from the tags of the versions. A tag counts from the oldest version that has it, which is the one that its write made:
 * later versions only repeat it, and one that was written at the same time by another run may repeat an older tag.
 */
export function readJournal(versions: readonly WorkerVersion[]): ReadonlyMap<string, JournalEntry> {
  const entries = new Map<string, JournalEntry>()
  const known = new Set<string>()
  for (const version of [...versions].sort((a, b) => a.number - b.number)) {
    for (const [key, tag] of Object.entries(version.tags)) {
      const id = `${key} ${tag}`
      if (!key.startsWith(PREFIX) || known.has(id)) continue
      known.add(id)
      const parsed = parseTag(tag)
      if (parsed !== undefined) entries.set(key.slice(PREFIX.length), { ...parsed, tag, version })
    }
  }
  return entries
}

/** How long after a write the same call may arrive once more, since its answer was lost, in milliseconds. */
const REPEATED_WITHIN_MS = 120_000

/** Finds the newest version with changed secrets that no tag explains: someone else changed some secret then. */
export function findUntaggedChange(versions: readonly WorkerVersion[]): WorkerVersion | undefined {
  let found: WorkerVersion | undefined
  let write: { readonly version: WorkerVersion; readonly tags: readonly string[] } | undefined
  const known = new Set<string>()
  for (const version of [...versions].sort((a, b) => a.number - b.number)) {
    const tags = Object.entries(version.tags)
      .filter(([key]) => key.startsWith(PREFIX))
      .map(([key, tag]) => `${key} ${tag}`)
    const added = tags.filter((tag) => !known.has(tag))
    for (const tag of added) known.add(tag)
    if (added.length > 0) write = { version, tags: added }
    else if (version.bySecret && !(write !== undefined && isRepetition(version, tags, write))) found = version
  }
  return found
}

/** Whether a version may be made by the same call as another, which was sent again. */
function isRepetition(
  { createdAt = Infinity }: WorkerVersion,
  tags: readonly string[],
  write: { readonly version: WorkerVersion; readonly tags: readonly string[] }
): boolean {
  const isSoon = createdAt - (write.version.createdAt ?? 0) <= REPEATED_WITHIN_MS
  return isSoon && write.tags.every((tag) => tags.includes(tag))
}

/** The tags that a new version keeps: those of other secrets that exist, and those of others. */
export function tagsToKeep(
  versions: readonly WorkerVersion[],
  secrets: ReadonlySet<string>
): Readonly<Record<string, string>> {
  const [newest] = versions
  const others = Object.entries(newest?.tags ?? {}).filter(
    ([key]) => !key.startsWith(PREFIX) && !key.startsWith(RESERVED)
  )
  const own = [...readJournal(versions)]
    .filter(([secret]) => secrets.has(secret))
    .map(([secret, { tag }]) => [tagKey(secret), tag])
  return Object.fromEntries([...others, ...own]) as Record<string, string>
}
