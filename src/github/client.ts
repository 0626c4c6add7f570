import { getOctokit } from '@actions/github'
import { unwrapped } from '../http/unwrap.ts'
import type { Secret } from '../kernel/secret.ts'

/** Octokit as `@actions/github` gives it. */
export type Octokit = ReturnType<typeof getOctokit>

/** What the client is built from. */
export interface GitHubOptions {
  /** API root, e.g. `https://api.github.com` or that of a GitHub Enterprise server, without a slash at the end. */
  readonly apiUrl: string
  /** A `fetch` in which every failure is a RotationError. */
  readonly fetch: typeof fetch
}

/** Services of the run for drivers that call GitHub. */
export interface GitHubServices {
  /** With the input `github-token`; undefined where it is empty. */
  readonly github: GitHubClient | undefined
  /** With the input `github-secrets-token`; undefined where it is empty. */
  readonly githubSecrets: GitHubClient | undefined
}

/** GitHub's REST API as one token sees it. */
export class GitHubClient {
  readonly #octokit: Octokit

  constructor(token: Secret, options: GitHubOptions) {
    this.#octokit = getOctokit(token.reveal(), {
      baseUrl: options.apiUrl,
      request: { fetch: options.fetch },
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore }
    })
  }

  /** Makes one call; failures are RotationErrors. */
  async call<T>(request: (rest: Octokit['rest']) => PromiseLike<T>): Promise<T> {
    return await unwrapped(request(this.#octokit.rest))
  }
}

function ignore(): void {}
