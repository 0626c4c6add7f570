import type { SandboxClock } from '../clock.ts'
import { CloudflareError } from './cloudflare-error.ts'

interface Window {
  startedAt: number
  used: number
  blockedUntil: number
}

/** Cloudflare's limit of 1,200 requests in 5 minutes for a token; beyond it, everything is blocked for the next 5 minutes. */
export class RateLimit {
  enabled = true
  requests = 1200
  windowSeconds = 300
  readonly #clock: SandboxClock
  readonly #windows = new Map<string, Window>()

  constructor(clock: SandboxClock) {
    this.#clock = clock
  }

  /** Counts a call of this token; throws 429/971 with `retry-after` when none is left. */
  count(value: string): void {
    if (!this.enabled) return
    const now = this.#clock.now()
    const window = this.#window(value)
    window.used += 1
    if (window.blockedUntil <= now && window.used > this.requests) {
      window.blockedUntil = now + this.windowSeconds * 1000
    }
    if (window.blockedUntil > now) throw tooManyRequests(Math.ceil((window.blockedUntil - now) / 1000))
  }

  /** Headers that state how much is left. */
  headers(value: string | undefined): Record<string, string> {
    if (!this.enabled || value === undefined) return {}
    const window = this.#window(value)
    const remaining = Math.max(0, this.requests - window.used)
    const reset = Math.ceil((window.startedAt + this.windowSeconds * 1000 - this.#clock.now()) / 1000)
    return {
      ratelimit: `"default";r=${remaining};t=${reset}`,
      'ratelimit-policy': `"default";q=${this.requests};w=${this.windowSeconds}`
    }
  }

  #window(value: string): Window {
    const now = this.#clock.now()
    let window = this.#windows.get(value)
    if (
      window === undefined ||
      (window.blockedUntil <= now && now - window.startedAt >= this.windowSeconds * 1000)
    ) {
      window = { startedAt: now, used: 0, blockedUntil: 0 }
      this.#windows.set(value, window)
    }
    return window
  }
}

/** 429/971, with the seconds until a retry is allowed. */
export function tooManyRequests(retryAfterSeconds: number): CloudflareError {
  return new CloudflareError(429, {
    code: 971,
    message: 'Please wait and consider throttling your request speed',
    headers: { 'retry-after': String(retryAfterSeconds) }
  })
}
