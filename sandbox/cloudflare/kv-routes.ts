import type { Namespace } from 'cloudflare/resources/kv/namespaces/namespaces'
import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { permitted } from './authentication.ts'
import { CloudflareError, invalidRequest } from './cloudflare-error.ts'
import { answer, answerPage, readJson, type CloudflareEnv } from './envelope.ts'
import type { KvNamespace, KvVersion } from './kv.ts'

const reads = permitted('Workers KV Storage Read', 'Workers KV Storage Write')
const writes = permitted('Workers KV Storage Write')

const keyLimitBytes = 512
const metadataLimitBytes = 1024

/** `/accounts/{account_id}/storage/kv/namespaces`: namespaces and single values. */
export function routeKv(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/storage/kv/namespaces'
  const value = `${root}/:namespace_id/values/:key`

  app.get(root, reads, (c) => {
    const { order, direction } = c.req.query()
    const found = [...c.env.cloudflare.kv.all]
    if (order === 'title') found.sort((a, b) => (a.title < b.title ? -1 : 1))
    if (direction === 'desc') found.reverse()
    const ordered = order !== undefined || direction !== undefined
    return answerPage(c, found, { defaultSize: 20, maxSize: 1000, ordered, present: presentNamespace })
  })

  app.post(root, writes, (c) => {
    const { title } = readJson(
      c,
      v.strictObject({ title: v.pipe(v.string(), v.nonEmpty(), v.maxLength(512)) })
    )
    return answer(c, presentNamespace(c.env.cloudflare.kv.create(title)))
  })

  app.delete(`${root}/:namespace_id`, writes, (c) => {
    c.env.cloudflare.kv.deleteNamespace(c.req.param('namespace_id'))
    return answer(c, null)
  })

  app.get(`${root}/:namespace_id/keys`, reads, (c) => listKeys(c))

  app.get(`${root}/:namespace_id`, reads, (c) => answer(c, presentNamespace(locate(c).namespace)))

  app.get(value, reads, (c) => {
    const version = getVersion(c)
    const headers: Record<string, string> = { 'content-type': 'application/octet-stream' }
    if (version.expiresAt !== undefined) headers['expiration'] = String(Math.floor(version.expiresAt / 1000))
    return c.body(version.value ?? '', 200, headers)
  })

  app.get(`${root}/:namespace_id/metadata/:key`, reads, (c) => answer(c, getVersion(c).metadata ?? null))

  app.put(value, writes, async (c) => {
    const { namespace, key } = locate(c)
    if (Buffer.byteLength(key) > keyLimitBytes || key === '.' || key === '..')
      throw invalidRequest('invalid key')
    namespace.write(key, {
      ...(await readWrite(c)),
      expirationTtlSeconds: readSeconds(c, 'expiration_ttl'),
      expirationEpochSeconds: readSeconds(c, 'expiration')
    })
    return answer(c, {})
  })

  app.delete(value, writes, (c) => {
    const { namespace, key } = locate(c)
    namespace.delete(key)
    return answer(c, {})
  })
}

function presentNamespace({ id, title }: KvNamespace): Namespace {
  return { id, title, supports_url_encoding: true }
}

/** Lists keys from a cursor on in the order of their names, which Cloudflare promises. */
function listKeys(c: Context<CloudflareEnv>): Response {
  const { namespace } = locate(c)
  const { prefix = '', cursor = '', limit = '1000' } = c.req.query()
  const size = Number(limit)
  if (!Number.isInteger(size) || size < 10 || size > 1000) throw invalidRequest('limit is out of range')
  const from = Buffer.from(cursor, 'base64url').toString()
  const left = namespace.keys.filter((key) => key.startsWith(prefix) && key > from)
  const shown = left.slice(0, size)
  const last = left.length > size ? shown.at(-1) : undefined
  return c.json({
    result: shown.map((name) => presentKey(name, namespace.current(name))),
    success: true,
    errors: [],
    messages: [],
    result_info: {
      count: shown.length,
      cursor: last === undefined ? '' : Buffer.from(last).toString('base64url')
    }
  })
}

function presentKey(name: string, version: KvVersion | undefined): Record<string, unknown> {
  const { expiresAt, metadata } = version ?? {}
  return {
    name,
    ...(expiresAt === undefined ? {} : { expiration: Math.floor(expiresAt / 1000) }),
    ...(metadata === undefined ? {} : { metadata })
  }
}

function locate(c: Context<CloudflareEnv>): { namespace: KvNamespace; key: string } {
  return {
    namespace: c.env.cloudflare.kv.get(c.req.param('namespace_id') ?? ''),
    key: c.req.param('key') ?? ''
  }
}

function getVersion(c: Context<CloudflareEnv>): KvVersion {
  const { namespace, key } = locate(c)
  const version = namespace.read(key)
  if (version === undefined) throw new CloudflareError(404, { code: 10009, message: "get: 'key not found'" })
  return version
}

async function readWrite(c: Context<CloudflareEnv>): Promise<{ value: string; metadata?: unknown }> {
  const { body } = c.env
  switch (body.kind) {
    case 'none':
      return { value: '' }
    case 'json':
    case 'text':
      return { value: body.text }
    case 'invalid-json':
      throw invalidRequest('the body is not JSON, as its content type says')
    case 'form': {
      const value = body.form.get('value')
      if (value === null) throw invalidRequest('the form needs a part named value')
      const metadata = body.form.get('metadata')
      return {
        value: await readPart(value),
        ...(metadata === null ? {} : { metadata: parseMetadata(await readPart(metadata)) })
      }
    }
  }
}

async function readPart(part: string | Blob): Promise<string> {
  return typeof part === 'string' ? part : await part.text()
}

function parseMetadata(text: string): unknown {
  if (Buffer.byteLength(text) > metadataLimitBytes) throw invalidRequest('metadata is too long')
  try {
    return JSON.parse(text)
  } catch {
    throw invalidRequest('metadata is not JSON')
  }
}

function readSeconds(c: Context<CloudflareEnv>, name: string): number | undefined {
  const text = c.req.query(name)
  return text === undefined ? undefined : Number(text)
}
