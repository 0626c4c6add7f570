import { RotationError } from '../kernel/error.ts'
import { MAX_PAGES, PAGE_SIZE } from './limits.ts'

/** One page of a list, as the SDK gives it. */
export interface Page {
  readonly result: unknown
  readonly result_info?: unknown
}

/**
 * Reads a list to its end. The SDK's own iteration asks for one more, empty page; this stops where `result_info` or a short page says so.
 * @throws RotationError `bad-answer` when a page is not a list
 */
export async function readAllPages(
  what: string,
  read: (page: number) => Promise<Page>
): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for (let number = 1; number <= MAX_PAGES; number++) {
    const page = await read(number)
    if (!Array.isArray(page.result)) {
      throw new RotationError('bad-answer', `Cloudflare's list of ${what} is not a list.`, {
        retryable: true,
        hint: 'Run again later.'
      })
    }
    const found: readonly unknown[] = page.result
    items.push(...found)
    const total = totalOf(page.result_info)
    const done = total === undefined ? found.length < PAGE_SIZE : items.length >= total
    if (done || found.length === 0) return items
  }
  throw new RotationError('bad-answer', `Cloudflare's list of ${what} does not end after ${MAX_PAGES} pages.`)
}

function totalOf(info: unknown): number | undefined {
  if (typeof info !== 'object' || info === null || !('total_count' in info)) return undefined
  return typeof info.total_count === 'number' ? info.total_count : undefined
}
