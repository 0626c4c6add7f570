import * as v from 'valibot'
import { readConfiguration } from '../config/configuration.ts'
import type { Env } from '../env.ts'
import { readJson } from './read-json.ts'
import { RequestError, requireMethod } from './request-error.ts'
import { requireToken } from './tokens.ts'

const MIN_NONCE_BYTES = 16
const MAX_NONCE_BYTES = 64
const MAX_BYTES = 64 * 1024

const questionSchema = v.object({
  names: v.pipe(
    v.array(v.pipe(v.string(), v.maxLength(128))),
    v.minLength(1, 'must have a name'),
    v.maxLength(100, 'must have at most 100 names')
  ),
  nonce: v.pipe(v.string(), v.maxLength(200), v.base64('must be base64'))
})

/** Binding of a Secrets Store, as far as it is used here. */
interface StoreBinding {
  get(): Promise<string>
}

/** `POST /slots`: what consumers of the slots see at this moment, as HMACs. */
export async function answerSlots(request: Request, env: Env): Promise<Response> {
  requireMethod(request, 'POST')
  await requireToken(request, env, 'SLOTS_TOKEN')
  const { names, nonce } = await readJson(request, { schema: questionSchema, maxBytes: MAX_BYTES })
  const bytes = Uint8Array.from(atob(nonce), (character) => character.charCodeAt(0))
  if (bytes.length < MIN_NONCE_BYTES || bytes.length > MAX_NONCE_BYTES) {
    const limits = `${MIN_NONCE_BYTES} to ${MAX_NONCE_BYTES}`
    throw new RequestError(400, 'bad-nonce', `nonce: must be ${limits} bytes in base64.`)
  }
  const { slots } = readConfiguration(env)
  const unlisted = names.filter((name) => !slots.includes(name))
  if (unlisted.length > 0) {
    console.warn(JSON.stringify({ refused: 'slots', unlisted: unlisted.length }))
    throw new RequestError(403, 'name-not-listed', 'SLOTS does not list every one of these names.')
  }
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const entries = await Promise.all(
    [...new Set(names)].map(async (name) => {
      const value = await readSlot(env, name)
      return [name, value === null ? null : await sign(key, value)] as const
    })
  )
  return Response.json({ slots: Object.fromEntries(entries) }, { headers: { 'cache-control': 'no-store' } })
}

/** Reads a secret of the Worker, or of a Secrets Store; null where there is none. */
async function readSlot(env: Env, name: string): Promise<string | null> {
  const bound = (env as unknown as Readonly<Record<string, unknown>>)[name]
  if (typeof bound === 'string') return bound
  if (!isStoreBinding(bound)) return null
  try {
    return await bound.get()
  } catch {
    // The store has no such secret, or does not answer: consumers do not see a value either.
    console.warn(JSON.stringify({ unread: name }))
    return null
  }
}

/** A binding is a proxy whose methods only the call shows. */
function isStoreBinding(bound: unknown): bound is StoreBinding {
  return typeof bound === 'object' && bound !== null && typeof (bound as StoreBinding).get === 'function'
}

type HmacKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

async function sign(key: HmacKey, value: string): Promise<string> {
  const signature = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(value))
  return btoa(String.fromCharCode(...new Uint8Array(signature)))
}
