import { createHmac } from 'node:crypto'
import * as v from 'valibot'
import { readBody } from '../http/read-body.ts'
import { USER_AGENT } from '../http/user-agent.ts'
import type { Clock } from '../kernel/clock.ts'
import { RotationError } from '../kernel/error.ts'
import type { Secret } from '../kernel/secret.ts'

/** What a {@link CoordinatorClient} is built from. */
export interface CoordinatorOptions {
  /** Address of the Worker. */
  readonly url: string
  /** The token of each route, with the variable that holds it. */
  readonly tokens: Readonly<
    Record<'report' | 'slots', { readonly variable: string; readonly token: Secret | undefined }>
  >
  readonly fetch: typeof fetch
  readonly clock: Clock
  /** Bytes that no earlier request had, in base64. */
  readonly nonce: () => string
}

/** Services of the run for drivers that ask the coordinator. */
export interface CoordinatorServices {
  /** Undefined where none is configured. */
  readonly coordinator: CoordinatorClient | undefined
}

/** Time for one request, in milliseconds. */
const TIMEOUT_MS = 10_000
const MAX_BYTES = 64 * 1024

const slotsSchema = v.object({ slots: v.record(v.string(), v.nullable(v.string())) })
const errorSchema = v.object({ error: v.object({ code: v.string(), message: v.string() }) })

/** The coordinator's routes for runs: `coordinator/README.md` describes them. */
export class CoordinatorClient {
  readonly #options: CoordinatorOptions

  constructor(options: CoordinatorOptions) {
    this.#options = options
  }

  /** Reports the end of a run. @throws RotationError */
  async report(body: object): Promise<void> {
    await this.#post('report', body)
  }

  /**
   * Asks what consumers read under some names at this moment.
   * @returns for each name, whether it is read as the value; undefined where the coordinator reads nothing
   * @throws RotationError
   */
  async see(names: readonly string[]): Promise<(name: string, value: Secret) => boolean | undefined> {
    const nonce = this.#options.nonce()
    const answer = v.safeParse(slotsSchema, await this.#post('slots', { names, nonce }))
    if (!answer.success) throw unreadable('slots')
    const { slots } = answer.output
    return (name, value) => {
      const seen = slots[name]
      if (seen == null) return undefined
      const expected = createHmac('sha256', Buffer.from(nonce, 'base64'))
        .update(value.reveal())
        .digest('base64')
      return seen === expected
    }
  }

  async #post(route: 'report' | 'slots', body: object): Promise<unknown> {
    const { url, tokens, fetch, clock } = this.#options
    const { variable, token } = tokens[route]
    if (token === undefined) {
      throw new RotationError('missing-value', `The environment variable ${variable} is not set or empty.`, {
        hint: `Give it to the step in \`env\`, e.g. ${variable}: \${{ secrets.${variable} }}`
      })
    }
    const deadline = clock.deadline(TIMEOUT_MS)
    const { signal } = deadline
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}/${route}`, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${token.reveal()}`,
          'content-type': 'application/json',
          'user-agent': USER_AGENT
        },
        body: JSON.stringify(body),
        signal
      })
      const { text } = await readBody(response, { maxBytes: MAX_BYTES, signal })
      const answer = parseJson(text)
      if (response.ok) return answer
      const error = v.safeParse(errorSchema, answer)
      const said = error.success ? `: ${error.output.error.code}: ${error.output.error.message}` : ''
      throw new RotationError(
        'bad-answer',
        `The coordinator answered POST /${route} with ${response.status}${said}`,
        {
          hint: 'Check `coordinator` in the configuration and the secrets of the Worker; its README lists its errors.'
        }
      )
    } catch (thrown) {
      if (thrown instanceof RotationError) throw thrown
      const reason = signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : 'it could not be reached'
      throw new RotationError('unreachable', `The coordinator did not answer POST /${route}: ${reason}.`, {
        hint: 'Check `coordinator.url`, and whether the Worker is deployed.'
      })
    } finally {
      deadline.clear()
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function unreadable(route: string): RotationError {
  return new RotationError('bad-answer', `The coordinator's answer to POST /${route} could not be read.`, {
    hint: 'Deploy the coordinator of this version.'
  })
}
