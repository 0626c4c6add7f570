import { unwrapped } from '../http/unwrap.ts'
import { RotationError, withContext } from '../kernel/error.ts'
import type { Secret } from '../kernel/secret.ts'
import { createSdk, type CloudflareOptions, type CloudflareSdk } from './client.ts'
import { isMalformedToken } from './errors/error-mapper.ts'

/** Token of a role, with its name in the configuration. */
export interface AuthCandidate {
  /** The environment variable that it came from. */
  readonly name: string
  readonly token: Secret
}

/** What a {@link CloudflareAccount} is built from. */
export interface AccountOptions extends CloudflareOptions {
  readonly accountId: string
  /** What the tokens are for, as the configuration names it: `tokens`, `secrets`, `access` or `lock`. */
  readonly role: string
  /** The tokens to try, best first; read again for each call, since a run creates new ones. */
  readonly candidates: () => readonly AuthCandidate[]
  readonly onFallback?: (message: string) => void
}

/** Cloudflare account, called with the tokens of one role. After a refusal, all further calls use the role's next token. */
export class CloudflareAccount {
  readonly accountId: string
  readonly #options: AccountOptions
  readonly #sdks = new WeakMap<Secret, CloudflareSdk>()
  readonly #refused = new WeakSet<Secret>()

  constructor(options: AccountOptions) {
    this.accountId = options.accountId
    this.#options = options
  }

  /** Tells whether any token is set for the role. */
  hasToken(): boolean {
    return this.#options.candidates().length > 0
  }

  /**
   * Makes one call with the first token that is not refused. A refusal by Cloudflare itself (401, or 403 for want of a permission) changes nothing, so
   * that trying the next token is safe for creations too. Any other answer says nothing about the token, and is thrown.
   * @throws RotationError of the last refusal when every token was refused
   */
  async call<T>(request: (sdk: CloudflareSdk, accountId: string) => PromiseLike<T>): Promise<T> {
    const all = this.#options.candidates()
    const candidates = [
      ...all.filter(({ token }) => !this.#refused.has(token)),
      ...all.filter(({ token }) => this.#refused.has(token))
    ]
    const refusals: string[] = []
    let last: RotationError | undefined
    for (const { name, token } of candidates) {
      try {
        return await unwrapped(request(this.#sdk(token), this.accountId))
      } catch (thrown) {
        if (!isRefusal(thrown)) throw thrown
        last = thrown
        refusals.push(name)
        if (this.#refused.has(token)) continue
        this.#refused.add(token)
        if (candidates.length > refusals.length) {
          this.#options.onFallback?.(
            `$${name} was refused for auth.${this.#options.role}: ${thrown.message} Trying the next token.`
          )
        }
      }
    }
    if (last === undefined)
      throw new RotationError('missing-value', `No token is set for auth.${this.#options.role}.`)
    throw withContext(
      last,
      `auth.${this.#options.role}: ${refusals.map((name) => `$${name}`).join(', then ')} refused`
    )
  }

  /** Makes one call with the given token alone, e.g. to check whether it works. */
  async callAs<T>(
    token: Secret,
    request: (sdk: CloudflareSdk, accountId: string) => PromiseLike<T>
  ): Promise<T> {
    return await unwrapped(request(this.#sdk(token), this.accountId))
  }

  #sdk(token: Secret): CloudflareSdk {
    let sdk = this.#sdks.get(token)
    if (sdk === undefined) {
      sdk = createSdk(token, this.#options)
      this.#sdks.set(token, sdk)
    }
    return sdk
  }
}

function isRefusal(thrown: unknown): thrown is RotationError {
  return (
    thrown instanceof RotationError &&
    (thrown.code === 'refused' || thrown.code === 'permission' || isMalformedToken(thrown)) &&
    thrown.effect === 'not-applied'
  )
}
