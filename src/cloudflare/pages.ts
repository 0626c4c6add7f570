import type * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { RotationError } from '../kernel/error.ts'
import { MAX_PAGES } from './limits.ts'

/** One page of a list, as the SDK gives it. */
export interface Page {
  readonly result: unknown
  readonly result_info?: unknown
}

/**
 * Reads a list to its end: as many entries as its total says. Without a total, a page that brings nothing new ends it, as in the SDK: a short page may
 * be one that the service cut shorter than was asked.
 * @returns every entry once
 * @throws RotationError `bad-answer` when a page is not a list, or the total is not reached since the service repeats a page
 */
export async function readAllPages(
  what: string,
  read: (page: number) => Promise<Page>
): Promise<readonly unknown[]> {
  const items = new Map<string, unknown>()
  for (let number = 1; number <= MAX_PAGES; number++) {
    const { result, result_info: info } = await read(number)
    if (!Array.isArray(result)) {
      throw new RotationError('bad-answer', `Cloudflare's list of ${what} is not a list.`, {
        retryable: true,
        hint: 'Run again later.'
      })
    }
    const found: readonly unknown[] = result
    const before = items.size
    for (const item of found) items.set(keyOf(item), item)
    const total = findNumber(info, 'total_count')
    if (found.length === 0 || isComplete(info, { total, number, count: items.size }))
      return [...items.values()]
    if (items.size > before) continue
    if (total === undefined) return [...items.values()]
    throw new RotationError(
      'bad-answer',
      `Cloudflare's list of ${what} has ${total} entries, and page ${number} repeats those of before: ${items.size} could be read.`,
      { hint: 'Run again later.' }
    )
  }
  throw new RotationError('bad-answer', `Cloudflare's list of ${what} does not end after ${MAX_PAGES} pages.`)
}

/** Checks the form of every entry of a list. @throws RotationError `bad-answer`, which names the entry by its id */
export function parseEntries<const S extends v.GenericSchema>(
  schema: S,
  items: readonly unknown[],
  what: string
): readonly v.InferOutput<S>[] {
  return items.map((item) => {
    const id = idOf(item)
    return parseAnswer(schema, item, /^[\w.-]{1,100}$/.test(id ?? '') ? `${what} (${id})` : what)
  })
}

function isComplete(
  info: unknown,
  { total, number, count }: { total: number | undefined; number: number; count: number }
): boolean {
  if (total !== undefined) return count >= total
  const pages = findNumber(info, 'total_pages')
  return pages !== undefined && number >= pages
}

/** The id of an entry; its whole text where it has none. */
function keyOf(item: unknown): string {
  return idOf(item) ?? JSON.stringify(item)
}

function idOf(item: unknown): string | undefined {
  const id: unknown = typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined
  return typeof id === 'string' ? id : undefined
}

function findNumber(info: unknown, key: 'total_count' | 'total_pages'): number | undefined {
  if (typeof info !== 'object' || info === null) return undefined
  const value: unknown = (info as Readonly<Record<string, unknown>>)[key]
  return typeof value === 'number' ? value : undefined
}
