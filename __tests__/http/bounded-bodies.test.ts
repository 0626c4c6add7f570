import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createVirtualClock } from '../../sandbox/clock.ts'
import { foreignAnswer, type ForeignPage } from '../../sandbox/foreign-pages.ts'
import { createSandbox } from '../../sandbox/sandbox.ts'
import { serveSandbox } from '../../sandbox/server.ts'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { coordinatorErrorMapper } from '../../src/locks/durable-object-lock.ts'
import { createHttpProbe } from '../../src/probes/http.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import { createStandingClock } from './standing-clock.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

/** Serves a sandbox on a loopback port that answers every call with one page. */
async function serve(page: ForeignPage): Promise<string> {
  const sandbox = createSandbox()
  sandbox.faults.add({ match: { count: Infinity }, when: 'before', answer: { page } })
  const server = await serveSandbox(sandbox)
  closing.push(() => server.close())
  return `${server.origin}/client/v4/x`
}

/** Serves an endless answer byte by byte, and calls `onByte` after each one. */
async function serveByteByByte(onByte: (count: number) => void): Promise<string> {
  const sendByte = (response: ServerResponse, count = 1): void => {
    if (response.destroyed) return
    response.write(' ', () => {
      onByte(count)
      setImmediate(() => sendByte(response, count + 1))
    })
  }
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    sendByte(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/x`
}

/** Creates a standing clock whose deadlines expire on demand. */
function createDeadlineClock(): { clock: Clock; expire: () => void } {
  const controllers: AbortController[] = []
  return {
    clock: {
      ...createStandingClock(),
      deadline: () => {
        const controller = new AbortController()
        controllers.push(controller)
        return { signal: controller.signal, clear: () => undefined }
      }
    },
    expire: () => controllers.forEach((controller) => controller.abort())
  }
}

function createFetch(
  errorMapper = cloudflareErrorMapper,
  fetch = globalThis.fetch,
  clock: Clock = createStandingClock()
) {
  return createApiFetch({ errorMapper, fetch, clock, random: () => 0 })
}

function probe(url: string, options: { clock?: Clock; json?: unknown; fetch?: typeof fetch } = {}) {
  return createHttpProbe({
    url,
    method: 'GET',
    headers: {},
    expect: { statuses: [200], ...('json' in options ? { json: options.json } : {}) },
    timeoutMs: 10_000,
    credentialHeaders: () => ({}),
    form: 'service-token',
    fillIn: (text) => text,
    fetch: options.fetch ?? globalThis.fetch,
    clock: options.clock ?? createStandingClock(),
    redact: (text) => text
  }).run({})
}

/** Growth of the process's peak memory during the work, in MiB. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.resourceUsage().maxRSS
  await work()
  return (process.resourceUsage().maxRSS - before) / 1024
}

const TOO_LONG = { code: 'intercepted', message: expect.stringContaining('more than 8 MiB') as unknown }

describe('endless API answer', () => {
  it('reads a gzip bomb from an API in a bounded amount of memory', async () => {
    const url = await serve('gzip-bomb')
    const apiFetch = createFetch()
    const peak = await peakOf(() => expect(apiFetch(url, { method: 'POST' })).rejects.toMatchObject(TOO_LONG))
    expect(peak).toBeLessThan(200)
  })

  it.each([cloudflareErrorMapper, githubErrorMapper, coordinatorErrorMapper])(
    'stops reading an endless API answer after 8 MiB: $api',
    async (errorMapper) => {
      for (const page of ['flood', 'endless'] as const) {
        const fetch = () => Promise.resolve(foreignAnswer(page, createVirtualClock()))
        await expect(
          createFetch(errorMapper, fetch)('https://api.example/x', { method: 'POST' })
        ).rejects.toMatchObject({
          ...TOO_LONG,
          effect: 'unknown'
        })
      }
    }
  )

  it('gives up an API answer that comes byte by byte when the deadline of the call expires', async () => {
    const { clock, expire } = createDeadlineClock()
    const url = await serveByteByByte((count) => {
      if (count === 20) expire()
    })
    await expect(
      createFetch(cloudflareErrorMapper, globalThis.fetch, clock)(url, { method: 'POST' })
    ).rejects.toMatchObject({
      code: 'unreachable',
      effect: 'unknown',
      message: expect.stringContaining('within 20 s') as unknown
    })
  })

  it('gives up an API answer whose body ignores the deadline', async () => {
    const { clock, expire } = createDeadlineClock()
    const fetch = () =>
      Promise.resolve(
        new Response(new ReadableStream({ pull: () => void setImmediate(expire) }), { status: 200 })
      )
    await expect(
      createFetch(cloudflareErrorMapper, fetch, clock)('https://api.example/x', { method: 'POST' })
    ).rejects.toMatchObject({
      code: 'unreachable'
    })
  })
})

describe('endless probe answer', () => {
  it('reads a gzip bomb from a probed service in a bounded amount of memory', async () => {
    const url = await serve('gzip-bomb')
    const peak = await peakOf(async () => {
      expect(await probe(url)).toMatchObject({ verdict: 'passed' })
    })
    expect(peak).toBeLessThan(100)
  })

  it('does not compare an answer of more than 1 MiB with the expected JSON', async () => {
    const fetch = () => Promise.resolve(foreignAnswer('flood', createVirtualClock()))
    const evidence = await probe('https://service.example/x', { fetch, json: { ok: true } })
    expect(evidence).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringContaining('more than 1 MiB') as unknown
    })
  })

  it('compares an answer of several hundred KiB with the expected JSON', async () => {
    const body = JSON.stringify({ ok: true, padding: 'x'.repeat(500_000) })
    const fetch = () => Promise.resolve(new Response(body))
    expect(await probe('https://service.example/x', { fetch, json: { ok: true } })).toMatchObject({
      verdict: 'passed'
    })
  })

  it('gives up a probe answer that comes byte by byte when the time of the probe is over', async () => {
    const { clock, expire } = createDeadlineClock()
    const url = await serveByteByByte((count) => {
      if (count === 20) expire()
    })
    expect(await probe(url, { clock })).toMatchObject({
      verdict: 'inconclusive',
      detail: expect.stringContaining('no answer within 10 s') as unknown
    })
  })
})
