import * as v from 'valibot'
import { InvalidKeyError, signAppToken } from './app-key.ts'
import { GithubRequestError } from './failure.ts'
import { request, type GithubConnection } from './request.ts'

/** Who the coordinator is at GitHub. */
export type Identity =
  | { readonly kind: 'app'; readonly appId: string; readonly pem: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none'; readonly reason: string }

interface InstallationToken {
  readonly value: string
  readonly expiresAt: number
}

/** A token is replaced so long before it expires. */
const MARGIN_MS = 5 * 60_000

const installationSchema = v.looseObject({ id: v.pipe(v.number(), v.integer()) })
const tokenSchema = v.looseObject({ token: v.pipe(v.string(), v.minLength(1)), expires_at: v.string() })

/** Provides the token for a repository. An App's tokens are kept in memory only. */
export class TokenSource {
  readonly #connection: GithubConnection
  readonly #identity: Identity
  readonly #tokens = new Map<string, Promise<InstallationToken>>()

  constructor(connection: GithubConnection, identity: Identity) {
    this.#connection = connection
    this.#identity = identity
  }

  /** @param repository `owner/name` @throws GithubRequestError */
  async tokenFor(repository: string): Promise<string> {
    const identity = this.#identity
    switch (identity.kind) {
      case 'none':
        throw failure('identity-invalid', identity.reason)
      case 'token':
        return identity.token
      case 'app':
        return await this.#installationToken(identity, repository)
    }
  }

  /** Forgets the token of a repository that GitHub refused. */
  forget(repository: string): void {
    this.#tokens.delete(repository)
  }

  async #installationToken(
    identity: Extract<Identity, { kind: 'app' }>,
    repository: string
  ): Promise<string> {
    const kept = await this.#tokens.get(repository)
    if (kept !== undefined && kept.expiresAt - this.#connection.now() > MARGIN_MS) return kept.value
    const creating = this.#create(identity, repository)
    this.#tokens.set(repository, creating)
    try {
      return (await creating).value
    } catch (thrown) {
      this.#tokens.delete(repository)
      throw thrown
    }
  }

  async #create(
    { appId, pem }: Extract<Identity, { kind: 'app' }>,
    repository: string
  ): Promise<InstallationToken> {
    const token = await this.#sign(appId, pem)
    try {
      const { id } = await request(
        this.#connection,
        { method: 'GET', path: `/repos/${repository}/installation`, token },
        installationSchema
      )
      const created = await request(
        this.#connection,
        {
          method: 'POST',
          path: `/app/installations/${id}/access_tokens`,
          token,
          // No more than the clock needs, whatever the App may do.
          body: { repositories: [repository.split('/')[1]], permissions: { actions: 'write' } }
        },
        tokenSchema
      )
      return { value: created.token, expiresAt: Date.parse(created.expires_at) }
    } catch (thrown) {
      throw explain(thrown, repository)
    }
  }

  async #sign(appId: string, pem: string): Promise<string> {
    try {
      return await signAppToken({ appId, pem, now: this.#connection.now() })
    } catch (thrown) {
      if (thrown instanceof InvalidKeyError) throw failure('identity-invalid', thrown.message)
      throw thrown
    }
  }
}

/** Nothing of an identity's own requests starts a run. */
function explain(thrown: unknown, repository: string): unknown {
  if (!(thrown instanceof GithubRequestError)) return thrown
  const { failure, status } = thrown
  const without = { ...failure, effect: 'none' } as const
  if (status === 404)
    return new GithubRequestError({
      ...without,
      cause: 'app-missing',
      detail: `The App is not installed on ${repository}, or does not exist.`
    })
  if (status === 422) return new GithubRequestError({ ...without, cause: 'permission-missing' })
  return new GithubRequestError(without, status)
}

function failure(cause: 'identity-invalid', detail: string): GithubRequestError {
  return new GithubRequestError({ cause, detail, effect: 'none', retryAfterMs: null })
}
