import type { AnswerStyle } from '../../sandbox/cloudflare/access-applications.ts'
import { seedAccessAutomation, type AccessAutomation } from '../../sandbox/seed-access.ts'
import { createStage, type CallResult, type Stage } from './stage.ts'

export interface Pair {
  readonly clientId: string
  readonly clientSecret: string
}

export interface AccessStage extends Stage {
  readonly automation: AccessAutomation
  readonly pair: Pair
  /** The Access part of the official SDK, with the automation's token. */
  readonly access: ReturnType<Stage['sdk']>['zeroTrust']['access']
  /** One call below `/access`, without the SDK. */
  readonly send: (target: string, init?: { method?: string; json?: unknown }) => Promise<CallResult>
  /** One call of the protected service; without a pair it has no credentials. */
  readonly visit: (pair?: Pair, init?: RequestInit & { path?: string }) => Promise<Response>
}

/** Creates a stage with a protected service and its service token. */
export function createAccessStage(): AccessStage {
  const stage = createStage()
  const automation = seedAccessAutomation(stage.sandbox, stage.account)
  const { apiToken, clientId, clientSecret, baseUrl } = automation
  return {
    ...stage,
    automation,
    pair: { clientId, clientSecret },
    access: stage.sdk(apiToken.value).zeroTrust.access,
    send: (target, init) => stage.call(apiToken.value, `/access${target}`, init),
    visit(pair, { path = '/api/v2/session/info', ...init } = {}) {
      const headers = new Headers(init.headers)
      if (pair !== undefined) {
        headers.set('CF-Access-Client-Id', pair.clientId)
        headers.set('CF-Access-Client-Secret', pair.clientSecret)
      }
      return stage.sandbox.fetch(baseUrl + path, { ...init, headers, redirect: 'manual' })
    }
  }
}

/** Status and Cloudflare's error code of a refused call. */
export function refusalOf({ status, body }: CallResult): [number, number | undefined] {
  return [status, body.errors[0]?.code]
}

export const answerStyles: readonly AnswerStyle[] = ['identity', 'service-auth-only', '401', 'strict']
