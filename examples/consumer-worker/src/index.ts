/** A secret of a Secrets Store, as a Worker sees it. It is read anew for each request, so that a rotation is seen at once. */
export interface SecretBinding {
  /** Throws when the store has no such secret. */
  get(): Promise<string>
}

/** The bindings of `wrangler.jsonc`. */
export interface Env {
  readonly ACCOUNT_ID: string
  readonly STORE_ID: string
  readonly PRIMARY: SecretBinding
  readonly SECONDARY: SecretBinding
}

/** The two slots of one credential. */
export type Slots = Pick<Env, 'PRIMARY' | 'SECONDARY'>

/**
 * Makes one call with the active token and, only when that one is refused, once more with the previous one.
 * @param call is made at most twice, so it must build its request anew each time: a body that is a stream can be sent only once
 */
export async function withSlots(slots: Slots, call: (token: string) => Promise<Response>): Promise<Response> {
  const primary = await read(slots.PRIMARY)
  const first = primary === undefined ? undefined : await call(primary)
  if (first !== undefined && !isRefusal(first)) return first
  const secondary = await read(slots.SECONDARY)
  if (secondary === undefined || secondary === primary) {
    if (first !== undefined) return first
    throw new Error('Neither PRIMARY nor SECONDARY can be read')
  }
  // What was refused is not needed, and an unread body would keep its connection open.
  await first?.body?.cancel()
  return await call(secondary)
}

/** A refusal changes nothing at Cloudflare, so that repeating even a write is safe; any other failure is not repeated. */
function isRefusal({ status }: Response): boolean {
  return status === 401 || status === 403
}

/** Before the first rotation there is no SECONDARY. */
async function read(slot: SecretBinding): Promise<string | undefined> {
  try {
    const value = await slot.get()
    return value === '' ? undefined : value
  } catch {
    return undefined
  }
}

/** Answers how many secrets the store has, as an example of a call that needs the rotated token. */
async function countSecrets({ ACCOUNT_ID, STORE_ID, ...slots }: Env): Promise<Response> {
  const url = `https://api.cloudflare.com/client/v4/accounts/${ACCOUNT_ID}/secrets_store/stores/${STORE_ID}/secrets`
  const answer = await withSlots(slots, (token) =>
    fetch(url, { headers: { authorization: `Bearer ${token}` } })
  )
  if (!answer.ok) return new Response(`Cloudflare answered ${answer.status}\n`, { status: 502 })
  const { result_info } = (await answer.json()) as { result_info?: { total_count?: number } }
  return new Response(`${result_info?.total_count ?? 'unknown'}\n`)
}

// Workers take their handlers from the default export.
export default { fetch: (_request: Request, env: Env): Promise<Response> => countSecrets(env) }
