import Cloudflare from 'cloudflare'
import { getOctokit } from '@actions/github'
import { createVirtualClock, type VirtualClock } from '../../sandbox/clock.ts'
import { seededRandom } from '../../sandbox/random.ts'
import { createSandbox, type Sandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount, type BootstrapAccount } from '../../sandbox/seed.ts'

export const account_id = '023e105f4ecef8ad9ca31a8372d0c353'

/** Cloudflare envelope as a plain call receives it. */
export interface Envelope {
  success: boolean
  errors: { code: number; message: string; error_chain?: { code: number }[] }[]
  messages: { code: number }[]
  result: never
  result_info?: Record<string, number>
}

export interface Stage {
  readonly sandbox: Sandbox
  readonly clock: VirtualClock
  readonly account: BootstrapAccount
  /** The official SDK, connected to the sandbox with this token. */
  readonly sdk: (apiToken: string) => Cloudflare
  readonly octokit: (token: string) => ReturnType<typeof getOctokit>['rest']
  /** One Cloudflare call below the account, without the SDK. */
  readonly call: (
    token: string,
    target: string,
    init?: RequestInit & { json?: unknown }
  ) => Promise<CallResult>
}

export interface CallResult {
  readonly status: number
  readonly headers: Headers
  readonly body: Envelope
}

/** Creates a seeded sandbox on a virtual clock, with the clients that the tests use. */
export function createStage(): Stage {
  const clock = createVirtualClock()
  const sandbox = createSandbox({ clock, random: seededRandom(1) })
  const account = seedBootstrapAccount(sandbox)
  return {
    sandbox,
    clock,
    account,
    sdk: (apiToken) => new Cloudflare({ apiToken, fetch: sandbox.fetch, maxRetries: 0, logLevel: 'off' }),
    octokit: (token) => getOctokit(token, { request: { fetch: sandbox.fetch } }).rest,
    async call(token, target, { json, ...init } = {}) {
      const headers = new Headers(init.headers)
      headers.set('authorization', `Bearer ${token}`)
      if (json !== undefined) headers.set('content-type', 'application/json')
      const body = json === undefined ? init.body : JSON.stringify(json)
      const url = `https://api.cloudflare.com/client/v4/accounts/${account_id}${target}`
      const response = await sandbox.fetch(url, { ...init, headers, ...(body === undefined ? {} : { body }) })
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Envelope
      }
    }
  }
}

/** Policy on the account, as a token creation sends it. */
export function policy(...groupIds: string[]) {
  return {
    effect: 'allow' as const,
    permission_groups: groupIds.map((id) => ({ id })),
    resources: { [`com.cloudflare.api.account.${account_id}`]: '*' }
  }
}
