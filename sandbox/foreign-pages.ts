import { gzipSync } from 'node:zlib'
import type { SandboxClock } from './clock.ts'

/** Answers of something between the caller and the API: none of them is the API's own. */
export const FOREIGN_PAGES = [
  /** 403 of the edge's firewall, in HTML. */
  'block',
  /** 403 that asks a browser to prove itself, with `cf-mitigated: challenge`. */
  'challenge',
  /** 401 of a proxy or gateway that wants a login of its own, in HTML. */
  'proxy-401',
  /** 403 of a proxy that does not let the address through, in HTML. */
  'proxy-403',
  /** 407 of a proxy, in HTML. */
  'proxy-407',
  /** 502 of a proxy, in HTML. */
  'proxy-502',
  /** 403 with nothing in it. */
  'empty-403',
  /** 404 of a web server that knows nothing of an API, in HTML. */
  'html-404',
  /** 401 with JSON that is not the API's. */
  'json-401',
  /** 403 with JSON that is not the API's. */
  'json-403',
  /** 404 with JSON that is not the API's. */
  'json-404',
  /** 200 with a login page, as a captive portal gives it. */
  'login-200',
  /** 200 with JSON of 1 GiB behind 1 MiB of gzip; only a client behind a connection unpacks it. */
  'gzip-bomb',
  /** 200 with 1 GiB of JSON that is not compressed. */
  'flood',
  /** 200 whose JSON comes in a part of 1 MiB each second and never ends. */
  'endless',
  /** The same with a part of one byte; it ends with the deadline of its caller alone, which a virtual clock does not reach. */
  'trickle'
] as const

/** One of {@link FOREIGN_PAGES}. */
export type ForeignPage = (typeof FOREIGN_PAGES)[number]

type Body = ConstructorParameters<typeof Response>[0]

const MIB = 1024 ** 2
const FLOOD_BYTES = 1024 * MIB
/** Time between two parts of a body that never ends, in milliseconds. */
const PART_MS = 1_000

/** Makes the answer; a body that never ends takes its time on the given clock. */
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

/** Parts of a gzip body may follow each other, so that one packed MiB makes any size. */
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
