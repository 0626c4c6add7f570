import { describe, expect, it } from '@jest/globals'
import { readAllPages } from '../../src/cloudflare/pages.ts'

interface Answers {
  readonly count: number
  /** Entries on a page; the request is for 50. */
  readonly size: number
  readonly info?: (page: number) => object
  readonly ignoresPage?: boolean
}

async function read({ count, size, info, ignoresPage = false }: Answers) {
  const all = Array.from({ length: count }, (_, index) => ({ id: String(index) }))
  let calls = 0
  const items = await readAllPages('things', (page) => {
    calls++
    const from = ignoresPage ? 0 : (page - 1) * size
    const result = all.slice(from, from + size)
    return Promise.resolve(info === undefined ? { result } : { result, result_info: info(page) })
  })
  return { read: items.length, calls }
}

describe('readAllPages', () => {
  it('reads as many entries as the total says, without a further call', async () => {
    const info = (page: number) => ({ page, per_page: 25, total_count: 41 })
    expect(await read({ count: 41, size: 25, info })).toEqual({ read: 41, calls: 2 })
  })

  it('reads as many pages as are stated', async () => {
    const info = (page: number) => ({ page, per_page: 25, total_pages: 2 })
    expect(await read({ count: 41, size: 25, info })).toEqual({ read: 41, calls: 2 })
  })

  it.each([
    ['that are cut shorter than was asked', (page: number) => ({ page, per_page: 25 })],
    ['that are cut shorter than they say', (page: number) => ({ page, per_page: 50 })],
    ['that say nothing', undefined]
  ])('reads until an empty page where no total is stated, over pages %s', async (_which, info) => {
    expect(await read({ count: 41, size: 25, ...(info && { info }) })).toEqual({ read: 41, calls: 3 })
  })

  it('ends where a service without pages repeats its one page', async () => {
    expect(await read({ count: 41, size: 41, ignoresPage: true })).toEqual({ read: 41, calls: 2 })
  })

  it('refuses a list that has more entries by its total than its repeated page', async () => {
    const info = () => ({ total_count: 41 })
    await expect(read({ count: 41, size: 25, info, ignoresPage: true })).rejects.toThrow(
      "Cloudflare's list of things has 41 entries, and page 2 repeats those of before: 25 could be read."
    )
  })

  it('returns an entry once that moved to the next page meanwhile', async () => {
    const pages = [['a', 'b'], ['b', 'c'], []]
    const items = await readAllPages('things', (page) =>
      Promise.resolve({ result: pages[page - 1]!.map((id) => ({ id })) })
    )
    expect(items).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }])
  })
})
