import * as v from 'valibot'
import { isMarkup, type ErrorMapper, type FailedAnswer } from '../http/error-mapper.ts'
import { parseAnswer } from '../http/parse-answer.ts'
import { RateLimited } from '../http/rate-limited.ts'
import { RotationError } from '../kernel/error.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { Secret } from '../kernel/secret.ts'
import {
  FencedLock,
  type Claim,
  type ClaimAnswer,
  type FencedClaim,
  type FencedLockOptions,
  type Holder,
  type LockStore
} from './fenced-lock.ts'

/** Options of a lock at the coordinator. */
export interface DurableObjectLockOptions extends FencedLockOptions {
  /** URL of the coordinator: https, or http on this machine. */
  readonly url: string
  /** Variable that the token comes from, for messages. */
  readonly tokenName: string
  readonly token: Secret | undefined
  /** Part of the lock's name, with the rotation's name, so that one coordinator can serve several accounts. */
  readonly accountId: string
  readonly rotation: string
  /** `fetch` in which every failure is a RotationError, mapped by {@link coordinatorErrorMapper}. */
  readonly fetch: typeof fetch
}

/** Lock in a Durable Object, behind the Worker in `coordinator/`. */
export class DurableObjectLock extends FencedLock {
  constructor(options: DurableObjectLockOptions) {
    super(new CoordinatorStore(options), options)
  }
}

const holderSchema = v.looseObject({
  owner: v.string(),
  run: v.string(),
  remainingMs: v.number()
})
const readSchema = v.variant('state', [
  v.looseObject({ state: v.literal('free') }),
  v.looseObject({ state: v.literal('held'), by: holderSchema })
])
const claimSchema = v.variant('state', [
  v.looseObject({ state: v.literal('mine'), fence: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  v.looseObject({ state: v.literal('held'), by: holderSchema })
])
const renewSchema = v.looseObject({ state: v.picklist(['mine', 'lost']) })
const releaseSchema = v.looseObject({ released: v.boolean() })

/** Store at the coordinator. It uses only methods that may be repeated, so that the given `fetch` repeats requests without a response. */
class CoordinatorStore implements LockStore {
  readonly label: string
  readonly #options: DurableObjectLockOptions
  readonly #url: string

  constructor(options: DurableObjectLockOptions) {
    const name = `${options.accountId}.${options.rotation}`
    this.#options = options
    this.#url = `${options.url.replace(/\/+$/, '')}/locks/${name}`
    this.label = `Durable Object ${name} at ${new URL(options.url).host}`
  }

  async findHolder(): Promise<Holder | undefined> {
    const answer = await this.#call('GET', { schema: readSchema })
    return answer.state === 'held' ? answer.by : undefined
  }

  async claim(claim: Claim): Promise<ClaimAnswer> {
    return await this.#call('PUT', { schema: claimSchema, body: claim })
  }

  async renew(claim: FencedClaim, ttlMs: number): Promise<boolean> {
    const { state } = await this.#call('PATCH', { schema: renewSchema, body: { ...claim, ttlMs } })
    return state === 'mine'
  }

  async release({ owner, fence }: { readonly owner: string; readonly fence?: number }): Promise<boolean> {
    const query = new URLSearchParams(withoutUndefined({ owner, fence: fence?.toString() }))
    const { released } = await this.#call('DELETE', { schema: releaseSchema, query: `?${query.toString()}` })
    return released
  }

  async #call<const S extends v.GenericSchema>(
    method: string,
    { schema, body, query = '' }: { readonly schema: S; readonly body?: object; readonly query?: string }
  ): Promise<v.InferOutput<S>> {
    const response = await this.#options.fetch(
      this.#url + query,
      withoutUndefined({
        method,
        headers: {
          authorization: `Bearer ${this.#token()}`,
          ...(body && { 'content-type': 'application/json' })
        },
        body: body && JSON.stringify(body)
      })
    )
    const answer: unknown = await response.json().catch(() => undefined)
    return parseAnswer(schema, answer, `${method} at the coordinator`)
  }

  #token(): string {
    const { token, tokenName } = this.#options
    if (token === undefined)
      throw new RotationError('missing-value', `No token is set for the lock: $${tokenName} is empty.`)
    const value = token.reveal()
    if (/^[\x21-\x7e]+$/.test(value)) return value
    throw new RotationError(
      'bad-input',
      `$${tokenName} holds a space, a line break or another character that a token cannot contain.`,
      {
        hint: 'Set the secret again, without a line break at its end.'
      }
    )
  }
}

const errorSchema = v.looseObject({ error: v.looseObject({ code: v.string(), message: v.string() }) })

/** Error mapper for the coordinator, whose errors are `{ error: { code, message } }`. */
export const coordinatorErrorMapper: ErrorMapper = {
  api: 'The coordinator',
  setting: 'lock.url: it must be the final address of the Worker in coordinator/',
  isOwn: (answer) =>
    (answer.call.status ?? 0) >= 300
      ? !answer.headers.has('cf-mitigated') && v.is(errorSchema, answer.body)
      : !isMarkup(answer),
  isFailure: (body) => typeof body === 'object' && body !== null && 'error' in body,
  translate
}

function translate({ call, body, effect, retryAfterMs }: FailedAnswer): RotationError {
  const status = call.status ?? 0
  if (status === 429) return new RateLimited('The coordinator', { call, retryAfterMs })
  const said = v.safeParse(errorSchema, body)
  const { code, message } = said.success ? said.output.error : { code: '', message: '' }
  const words = message === '' ? '' : `: ${message.slice(0, 300)}`
  const text = `The coordinator answered ${call.method} ${call.path} with ${status}${words}`
  const about = `${text.replace(/\.$/, '')}.`
  if (status === 401) {
    return new RotationError('refused', about, {
      call,
      effect,
      hint: "Set the variable that lock.token names to the value of the Worker's secret COORDINATOR_TOKEN."
    })
  }
  if (code === 'not-configured') {
    return new RotationError('refused', about, {
      call,
      effect: 'not-applied',
      hint: 'Run `npx wrangler secret put COORDINATOR_TOKEN` for the Worker; see coordinator/README.md.'
    })
  }
  if (status === 404) {
    return new RotationError('not-found', about, {
      call,
      effect,
      hint: 'Check lock.url: it must be the address of the Worker in coordinator/.'
    })
  }
  if (status >= 500) {
    return new RotationError('bad-answer', about, {
      call,
      effect,
      retryable: true,
      hint: 'The Worker failed; run again later, and see its logs in the Cloudflare dashboard.'
    })
  }
  return new RotationError('bad-input', about, {
    call,
    effect,
    hint: 'Check that lock.url is the final address of the Worker in coordinator/, and that both are of the same version.'
  })
}
