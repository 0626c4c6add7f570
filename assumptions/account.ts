import type { SandboxClock } from '../sandbox/clock.ts'
import { readAnswer, type Answer } from './answer.ts'
import { NotTried, Stopped } from './assumption.ts'
import { Leftovers } from './leftovers.ts'

/** The account and the repository that the assumptions are tried with. */
export interface AccountOptions {
  readonly cloudflareApiUrl: string
  readonly cloudflareToken: string
  readonly accountId: string
  readonly githubApiUrl: string
  readonly githubToken: string
  /** `owner/name` */
  readonly repository: string
  /** An environment of the repository; without it nothing is tried that needs one. */
  readonly environment?: string | undefined
  /** A token that sees the repository and may not write its secrets. */
  readonly weakGithubToken?: string | undefined
  /** Left out, the account's first store. */
  readonly storeId?: string | undefined
  /** Left out, a namespace is made. */
  readonly namespaceId?: string | undefined
  /** Left out, a database is made. */
  readonly databaseId?: string | undefined
  /** Whether real platforms answer: nothing is made there that cannot be removed again. */
  readonly isLive: boolean
  readonly fetch: typeof fetch
  readonly clock: SandboxClock
  readonly random: () => number
  /** How long one call may take; left out, for ever. */
  readonly timeoutMs?: number
}

/** A call, beside its method and its path. */
export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown
  readonly body?: string | FormData
  readonly headers?: Readonly<Record<string, string>>
  /** Left out, the account's own; null sends none. */
  readonly token?: string | null
}

const PREFIX = 'rotate-assumption'
const RETRIES = 3
const LONGEST_WAIT_MS = 60_000

/** Calls the platforms as an assumption sees them: bare HTTP, and own names for everything that is made. */
export class Account {
  readonly options: AccountOptions
  readonly leftovers: Leftovers
  readonly #once = new Map<string, Promise<unknown>>()
  #stopped = false
  #removing = false

  constructor(options: AccountOptions) {
    this.options = options
    this.leftovers = new Leftovers(options.clock)
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** One call below `/accounts/<account id>`. */
  cloudflare(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { accountId } = this.options
    return this.cloudflareRoot(method, `/accounts/${accountId}${path}`, options)
  }

  /** One call below Cloudflare's API root. */
  cloudflareRoot(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { cloudflareApiUrl, cloudflareToken } = this.options
    return this.#call(`${cloudflareApiUrl}${path}`, method, { token: cloudflareToken, ...options })
  }

  /** One call below `/repos/<repository>` at GitHub. */
  github(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { githubApiUrl, githubToken, repository } = this.options
    return this.#call(`${githubApiUrl}/repos/${repository}${path}`, method, {
      token: githubToken,
      ...options
    })
  }

  /** A new name of its own, such as `rotate-assumption-k3v9x0q2`. */
  newName(): string {
    let text = ''
    while (text.length < 8) text += Math.floor(this.options.random() * 36).toString(36)
    return `${PREFIX}-${text}`
  }

  /** A new name of its own that may be a secret's. */
  newSecretName(): string {
    return this.newName().replaceAll('-', '_').toUpperCase()
  }

  /** Makes something once for all assumptions. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const made = this.#once.get(key) ?? make()
    this.#once.set(key, made)
    return made as Promise<T>
  }

  /** Tries until there is an answer, at most this long; a platform may need a while to see what it has accepted. */
  async eventually<T>(seconds: number, attempt: () => Promise<T | undefined>): Promise<T | undefined> {
    const { clock } = this.options
    const end = clock.now() + seconds * 1000
    for (;;) {
      const found = await attempt()
      if (found !== undefined || clock.now() >= end) return found
      await clock.sleep(1000)
    }
  }

  /** Throws where something would stay behind that the platform cannot remove. */
  requireSandbox(reason: string): void {
    if (this.options.isLive) throw new NotTried(reason)
  }

  /** Lets the call that is under way end, and begins no other but those that remove something. */
  stop(): void {
    this.#stopped = true
  }

  /** Removes everything that was made. @returns the labels of what is left */
  async removeAll(): Promise<readonly string[]> {
    this.#removing = true
    return await this.leftovers.removeAll()
  }

  async #call(url: string, method: string, options: CallOptions): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#stopped && !this.#removing) throw new Stopped('stopped')
      const answer = await readAnswer(await this.options.fetch(url, this.#init(method, options)))
      // A call over the limit was not carried out.
      if (answer.status !== 429 || attempt > RETRIES) return answer
      const seconds = Number(answer.headers.get('retry-after') ?? 1)
      await this.options.clock.sleep(Math.min(LONGEST_WAIT_MS, Math.max(1, seconds) * 1000))
    }
  }

  #init(method: string, { json, body, headers, token }: CallOptions): RequestInit {
    const { timeoutMs } = this.options
    const content = json === undefined ? body : JSON.stringify(json)
    return {
      method,
      redirect: 'manual',
      headers: {
        'user-agent': PREFIX,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token == null ? {} : { authorization: `Bearer ${token}` }),
        ...headers
      },
      ...(content === undefined ? {} : { body: content }),
      ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) })
    }
  }
}
