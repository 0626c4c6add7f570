import { gzipSync } from 'node:zlib'
import type { SandboxClock } from './clock.ts'

/** Answers of something between the caller and the API: none is the API's own. */
export const FOREIGN_PAGES = [
  /** 403 of the edge's firewall, in HTML. */
  'block',
  /** 403 that asks a browser to prove itself, with `cf-mitigated: challenge`. */
  'challenge',
  /** 401 of a proxy or gateway that requires its own login, in HTML. */
  'proxy-401',
  /** 403 of a proxy that blocks the address, in HTML. */
  'proxy-403',
  /** 407 of a proxy, in HTML. */
  'proxy-407',
  /** 502 of a proxy, in HTML. */
  'proxy-502',
  /** 403 with an empty body. */
  'empty-403',
  /** 404 of a web server without an API, in HTML. */
  'html-404',
  /** 401 with JSON that is not the API's. */
  'json-401',
  /** 403 with JSON that is not the API's. */
  'json-403',
  /** 404 with JSON that is not the API's. */
  'json-404',
  /** 200 with a login page, as from a captive portal. */
  'login-200',
  /** 200 with JSON of 1 GiB behind 1 MiB of gzip; only a client with a connection unpacks it. */
  'gzip-bomb',
  /** 200 with 1 GiB of uncompressed JSON. */
  'flood',
  /** 200 whose JSON comes in chunks of 1 MiB each second and never ends. */
  'endless',
  /** The same in chunks of one byte; only the caller's deadline ends it, which a virtual clock does not reach. */
  'trickle'
] as const

/** One of {@link FOREIGN_PAGES}. */
export type ForeignPage = (typeof FOREIGN_PAGES)[number]

type Body = ConstructorParameters<typeof Response>[0]

const MIB = 1024 ** 2
const FLOOD_BYTES = 1024 * MIB
/** Time between two chunks of an endless body, in milliseconds. */
const PART_MS = 1_000

/** Makes the answer; an endless body uses the given clock. */
export function foreignAnswer(name: ForeignPage, clock: SandboxClock): Response {
  switch (name) {
    case 'block':
      return page(403, 'Attention Required! | Cloudflare', 'Sorry, you have been blocked', EDGE)
    case 'challenge':
      return page(403, 'Just a moment...', 'Enable JavaScript and cookies to continue', {
        ...EDGE,
        'cf-mitigated': 'challenge'
      })
    case 'proxy-401':
      return page(401, 'Authentication required', 'Log in to continue.', {
        'www-authenticate': 'Basic realm="gateway"'
      })
    case 'proxy-403':
      return page(403, 'ERROR: The requested URL could not be retrieved', 'Access Denied.', {
        server: 'squid',
        'x-squid-error': 'ERR_ACCESS_DENIED 0'
      })
    case 'proxy-407':
      return page(407, 'Proxy Authentication Required', 'Cache Access Denied.', {
        'proxy-authenticate': 'Basic realm="proxy"'
      })
    case 'proxy-502':
      return page(502, 'Bad Gateway', 'The proxy received an invalid answer.', { server: 'proxy' })
    case 'empty-403':
      return new Response(null, { status: 403 })
    case 'html-404':
      return page(404, '404 Not Found', 'The page was not found.', { server: 'nginx' })
    case 'json-401':
      return Response.json({ error: 'unauthorized' }, { status: 401 })
    case 'json-403':
      return Response.json({ error: 'forbidden', request: 7 }, { status: 403 })
    case 'json-404':
      return Response.json({ error: 'no route' }, { status: 404 })
    case 'login-200':
      return page(200, 'Sign in to the network', 'Accept the terms to continue.', {})
    case 'gzip-bomb':
      return json(gzipBomb(), { 'content-encoding': 'gzip' })
    case 'flood':
      return json(flood())
    case 'endless':
      return json(endless(clock, MIB))
    case 'trickle':
      return json(endless(clock, 1))
  }
}

const EDGE = { server: 'cloudflare', 'cf-ray': '8f00000000000000-FRA' }

function page(status: number, title: string, text: string, headers: Record<string, string>): Response {
  const html = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${text}</h1></body></html>\n`
  return new Response(html, { status, headers: { 'content-type': 'text/html; charset=UTF-8', ...headers } })
}

function json(body: Body, headers: Record<string, string> = {}): Response {
  return new Response(body, { headers: { 'content-type': 'application/json', ...headers } })
}

/** Gzip members may be concatenated, so one packed MiB makes any size. */
function gzipBomb(): Uint8Array<ArrayBuffer> {
  const part = gzipSync(Buffer.alloc(MIB, ' '))
  return new Uint8Array(Buffer.concat(Array.from({ length: FLOOD_BYTES / MIB }, () => part)))
}

function flood(): ReadableStream<Uint8Array> {
  let left = FLOOD_BYTES
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(MIB / 4).fill(0x20))
      left -= MIB / 4
      if (left <= 0) controller.close()
    }
  })
}

function endless(clock: SandboxClock, partBytes: number): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        await clock.sleep(PART_MS)
        controller.enqueue(new Uint8Array(partBytes).fill(0x20))
      }
    },
    { highWaterMark: 0 }
  )
}
