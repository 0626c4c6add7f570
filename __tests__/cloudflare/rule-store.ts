import type { CloudflareCall } from '../../src/cloudflare/lists.ts'
import { createSdk } from '../../src/cloudflare/client.ts'
import { unwrapped } from '../../src/http/unwrap.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { Secret } from '../../src/kernel/secret.ts'

export const ACCOUNT = 'a'.repeat(32)

type Body = Readonly<Record<string, unknown>>

/** A write as it was sent. */
export interface Write {
  readonly path: string
  readonly body: Body
}

/** Rule sets behind the real SDK. */
export interface RuleStore {
  readonly caller: CloudflareCall
  /** Current bodies, by path below the account. */
  readonly bodies: Map<string, Body>
  readonly writes: readonly Write[]
  /** Each request as `METHOD path`. */
  readonly requests: readonly string[]
}

interface Behaviour {
  /** Answer of an update, when it is not what was stored. */
  readonly answer?: (stored: Body) => Body
  /** Runs before each request; may throw or wait. */
  readonly before?: (method: string, path: string) => void | Promise<void>
}

/** Fields that Cloudflare adds to an answer and does not accept in a write. */
const READ_ONLY = { uid: 'u', created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-02T00:00:00Z' }

/** Creates a store that holds bodies by their path, e.g. `access/policies/1`. */
export function createRuleStore(
  initial: Readonly<Record<string, Body>>,
  behaviour: Behaviour = {}
): RuleStore {
  const bodies = new Map(Object.entries(initial))
  const writes: Write[] = []
  const requests: string[] = []
  const serve = async (input: string, method: string, sent: unknown): Promise<Response> => {
    const path = new URL(input).pathname.replace(`/accounts/${ACCOUNT}/`, '')
    requests.push(`${method} ${path}`)
    await behaviour.before?.(method, path)
    const id = path.split('/').at(-1)
    if (!bodies.has(path)) throw new RotationError('not-found', `There is no ${path}.`)
    if (method === 'PUT') {
      const body = JSON.parse(sent as string) as Body
      writes.push({ path, body })
      bodies.set(path, body)
      const stored = { ...body, id, ...READ_ONLY }
      return Response.json({ success: true, result: behaviour.answer?.(stored) ?? stored })
    }
    return Response.json({ success: true, result: { ...bodies.get(path), id, ...READ_ONLY } })
  }
  const sdk = createSdk(new Secret('token'), {
    apiUrl: 'https://api.example',
    fetch: (input, init) => serve(input as string, init?.method?.toUpperCase() ?? 'GET', init?.body)
  })
  return { caller: (request) => unwrapped(request(sdk, ACCOUNT)), bodies, writes, requests }
}
