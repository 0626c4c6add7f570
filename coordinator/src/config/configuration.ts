import * as v from 'valibot'
import { findUnsafeUrl } from '../../../src/kernel/safe-url.ts'
import { OWN_NAMES, ROUTE_TOKENS, type Env, type RouteToken, type Secrets } from '../env.ts'
import type { Identity } from '../github/identity.ts'
import { parseSchedules, type Refused, type Schedule } from './schedules.ts'

/** Shortest token, in characters, so that it cannot be guessed. */
export const MIN_TOKEN_LENGTH = 32

/** Token that may use some locks only. */
export interface LockToken {
  /** SHA-256 in hex: the token itself is not stored. */
  readonly sha256: string
  /** Names; one that ends in `*` stands for all that begin so. */
  readonly locks: readonly string[]
}

/** Formats of messages to a webhook. */
export const WEBHOOK_FORMATS = ['slack', 'teams', 'pagerduty', 'json'] as const

export interface AlertSettings {
  readonly email?: { readonly from: string; readonly to: readonly string[] } | undefined
  readonly webhook?: { readonly format: (typeof WEBHOOK_FORMATS)[number]; readonly url: string } | undefined
}

/** Access application in front of the status page. */
export interface AccessSettings {
  /** `https://<team>.cloudflareaccess.com`. */
  readonly team: string
  readonly audience: string
}

/** Configuration of the coordinator, without tokens; what cannot be used is refused, and the rest remains. */
export interface Configuration {
  readonly schedules: readonly Schedule[]
  readonly refused: readonly Refused[]
  readonly slots: readonly string[]
  readonly alerts: AlertSettings
  readonly access: AccessSettings | undefined
  readonly lockTokens: readonly LockToken[]
  readonly apiUrl: string
  readonly identity: Identity
}

const address = v.pipe(v.string(), v.email('must be a mail address'))
const slotsSchema = v.pipe(
  v.array(
    v.pipe(
      v.string('must be a text'),
      v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a binding'),
      v.check((name) => !OWN_NAMES.has(name), 'must not be a name that the coordinator itself uses')
    )
  ),
  v.maxLength(200)
)
const alertsSchema = v.strictObject({
  email: v.exactOptional(
    v.strictObject({
      from: address,
      to: v.pipe(v.array(address), v.minLength(1, 'must have an address'), v.maxLength(10))
    })
  ),
  webhook: v.exactOptional(v.strictObject({ format: v.picklist(WEBHOOK_FORMATS) }))
})
const accessSchema = v.strictObject({
  team: v.pipe(
    v.string(),
    v.regex(/^https:\/\/[a-z0-9-]+\.cloudflareaccess\.com$/, 'must be https://<team>.cloudflareaccess.com')
  ),
  audience: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be the 64 hex digits of the application'))
})
const lockTokensSchema = v.array(
  v.strictObject({
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex')),
    locks: v.pipe(
      v.array(
        v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{0,128}\*?$/, 'must be a name, or its start and *'))
      ),
      v.minLength(1, 'must name a lock')
    )
  })
)

/** Reads the configuration out of the variables and secrets. */
export function readConfiguration(env: Env): Configuration {
  const refused: Refused[] = []
  const { schedules, refused: refusedSchedules } = parseSchedules(fromText(env.SCHEDULES))
  refused.push(...refusedSchedules)
  const parse = <S extends v.GenericSchema>(name: keyof Env, schema: S): v.InferOutput<S> | undefined => {
    if (env[name] === undefined) return undefined
    const parsed = v.safeParse(schema, fromText(env[name]))
    if (parsed.success) return parsed.output
    const [issue] = parsed.issues
    const path = v.getDotPath(issue)
    refused.push({ place: path === null ? name : `${name}.${path}`, reason: issue.message })
    return undefined
  }
  const alerts = parse('ALERTS', alertsSchema) ?? {}
  const configuration = {
    schedules,
    slots: parse('SLOTS', slotsSchema) ?? [],
    alerts: completeAlerts(alerts, env, refused),
    access: parse('ACCESS', accessSchema),
    lockTokens: parse('LOCK_TOKENS', lockTokensSchema) ?? [],
    apiUrl: readApiUrl(env, refused),
    identity: readIdentity(env)
  }
  refused.push(...findSharedTokens(env))
  return { ...configuration, refused }
}

function completeAlerts(
  { email, webhook }: v.InferOutput<typeof alertsSchema>,
  env: Env,
  refused: Refused[]
): AlertSettings {
  const refuse = (place: string, reason: string): undefined => void refused.push({ place, reason })
  const url = webhook?.format === 'pagerduty' ? pagerDutyUrl(env) : env.ALERT_WEBHOOK_URL
  const isUrl = url !== undefined && findUnsafeUrl(url.trim()) === undefined
  const isKeyed = webhook?.format !== 'pagerduty' || env.ALERT_ROUTING_KEY !== undefined
  return {
    email:
      email !== undefined && env.ALERT_EMAIL === undefined
        ? refuse('ALERTS.email', 'needs the binding ALERT_EMAIL in send_email')
        : email,
    webhook:
      webhook === undefined
        ? undefined
        : !isUrl
          ? refuse('ALERTS.webhook', 'needs the secret ALERT_WEBHOOK_URL with an https URL')
          : !isKeyed
            ? refuse('ALERTS.webhook', 'needs the secret ALERT_ROUTING_KEY')
            : { format: webhook.format, url: url.trim() }
  }
}

function pagerDutyUrl({ ALERT_WEBHOOK_URL: url }: Env): string {
  return url ?? 'https://events.pagerduty.com/v2/enqueue'
}

function readApiUrl({ GITHUB_API_URL: given }: Env, refused: Refused[]): string {
  const standard = 'https://api.github.com'
  if (given === undefined || given === '') return standard
  const reason = typeof given === 'string' ? findUnsafeUrl(given) : 'must be a text'
  if (typeof given === 'string' && reason === undefined) return given.replace(/\/+$/, '')
  refused.push({ place: 'GITHUB_API_URL', reason: reason ?? 'must be an https URL' })
  return standard
}

function readIdentity({
  GITHUB_APP_ID: appId,
  GITHUB_APP_PRIVATE_KEY: pem,
  GITHUB_TOKEN: token
}: Env): Identity {
  if (pem !== undefined) {
    const id = typeof appId === 'number' || typeof appId === 'string' ? String(appId) : ''
    if (/^[\w.-]{1,64}$/.test(id)) return { kind: 'app', appId: id, pem }
    return { kind: 'none', reason: 'GITHUB_APP_ID is not set.' }
  }
  // A header cannot carry anything else.
  if (token !== undefined && /^[\x21-\x7e]+$/.test(token.trim()))
    return { kind: 'token', token: token.trim() }
  return { kind: 'none', reason: 'Neither GITHUB_APP_PRIVATE_KEY nor GITHUB_TOKEN is set.' }
}

/** Finds an earlier token that is the same: one token for two routes would do what neither of them should. A run has the two of {@link OF_A_RUN}. */
export function findSameToken(env: Secrets, name: RouteToken): RouteToken | undefined {
  return ROUTE_TOKENS.slice(0, ROUTE_TOKENS.indexOf(name)).find(
    (one) => env[one] !== undefined && env[one] === env[name] && !(OF_A_RUN.has(one) && OF_A_RUN.has(name))
  )
}

/** Tokens that may be one: the action's configuration takes one for both. */
const OF_A_RUN: ReadonlySet<RouteToken> = new Set(['REPORT_TOKEN', 'SLOTS_TOKEN'])

function findSharedTokens(env: Env): readonly Refused[] {
  return ROUTE_TOKENS.flatMap((name) => {
    const other = findSameToken(env, name)
    return other === undefined ? [] : [{ place: name, reason: `is the same token as ${other}` }]
  })
}

function fromText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
