/** Durable Object namespace, as far as it is used here. */
export interface ObjectNamespace {
  idFromName(name: string): unknown
  get(id: unknown): { fetch(url: string, init: RequestInit): Promise<Response> }
}

/** Cloudflare's rate limiting binding. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** Cloudflare's `send_email` binding. */
export interface EmailBinding {
  send(message: {
    readonly from: string
    readonly to: readonly string[]
    readonly subject: string
    readonly text: string
  }): Promise<unknown>
}

/** Variables of `wrangler.jsonc`: JSON, or JSON in a text. */
export interface Variables {
  readonly SCHEDULES?: unknown
  /** Names that `POST /slots` may read. */
  readonly SLOTS?: unknown
  readonly ALERTS?: unknown
  /** Team and audience of the Access application in front of the status page. */
  readonly ACCESS?: unknown
  /** Digests of tokens that may use some locks only. */
  readonly LOCK_TOKENS?: unknown
  readonly GITHUB_APP_ID?: unknown
  readonly GITHUB_API_URL?: unknown
}

/** Secrets that hold the token of a route. */
export const ROUTE_TOKENS = ['COORDINATOR_TOKEN', 'REPORT_TOKEN', 'SLOTS_TOKEN', 'STATUS_TOKEN'] as const

/** Secret that holds the token of a route. */
export type RouteToken = (typeof ROUTE_TOKENS)[number]

/** Set with `wrangler secret put`. What is not set is refused. */
export interface Secrets {
  /** For every lock. */
  readonly COORDINATOR_TOKEN?: string
  readonly REPORT_TOKEN?: string
  readonly SLOTS_TOKEN?: string
  readonly STATUS_TOKEN?: string
  readonly GITHUB_APP_PRIVATE_KEY?: string
  /** Fine-grained token, instead of an App. */
  readonly GITHUB_TOKEN?: string
  readonly ALERT_WEBHOOK_URL?: string
  /** Integration key of PagerDuty. */
  readonly ALERT_ROUTING_KEY?: string
}

/** Bindings, variables and secrets. The names of `SLOTS` are bindings too. */
export interface Env extends Variables, Secrets {
  readonly LOCKS: ObjectNamespace
  readonly CLOCK?: ObjectNamespace
  readonly LIMITER?: RateLimiter
  readonly ALERT_EMAIL?: EmailBinding
}

/** Names that no slot may have, since the coordinator itself uses them. */
export const OWN_NAMES: ReadonlySet<string> = new Set([
  ...['LOCKS', 'CLOCK', 'LIMITER', 'ALERT_EMAIL'],
  ...['SCHEDULES', 'SLOTS', 'ALERTS', 'ACCESS', 'LOCK_TOKENS', 'GITHUB_APP_ID', 'GITHUB_API_URL'],
  ...ROUTE_TOKENS,
  ...['GITHUB_APP_PRIVATE_KEY', 'GITHUB_TOKEN', 'ALERT_WEBHOOK_URL', 'ALERT_ROUTING_KEY']
])
