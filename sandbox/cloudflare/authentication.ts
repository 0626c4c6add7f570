import { BlockList, isIPv4 } from 'node:net'
import type { Context, MiddlewareHandler } from 'hono'
import type { AccountToken, TokenVerdict } from './account-tokens.ts'
import { ipFilterOf } from './token-condition.ts'
import { CloudflareError, noRoute } from './cloudflare-error.ts'
import type { CloudflareEnv } from './envelope.ts'
import { isAccountScoped, isUserScoped } from './permission-groups.ts'
import type { CloudflareState } from './state.ts'

/** Documentation link in Cloudflare's answers to a token without the permission, since August 2026. */
const documentationUrl = 'https://developers.cloudflare.com/fundamentals/api/reference/permissions/'

/** Reads the bearer value of a request; `undefined` where the header is missing or malformed. */
export function findBearer(request: Request): string | undefined {
  return /^Bearer ([A-Za-z0-9_.-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
}

/** Admits any valid token, without a permission; an invalid one is always 401/1000 here. */
export const authenticated: MiddlewareHandler<CloudflareEnv> = async (c, next) => {
  authenticate(c, 'invalid', ({ tokens }, value) => tokens.classify(value))
  requireAccount(c)
  c.get('token').lastUsedOn = c.env.cloudflare.clock.now()
  await next()
}

/** Admits any valid token on a route that names no account. */
export const authenticatedAnywhere: MiddlewareHandler<CloudflareEnv> = async (c, next) => {
  authenticate(c, 'invalid')
  c.get('token').lastUsedOn = c.env.cloudflare.clock.now()
  await next()
}

/** Admits a token that has one of the named permission groups on the account of the route. */
export function permitted(...groups: [string, ...string[]]): MiddlewareHandler<CloudflareEnv> {
  return async (c, next) => {
    const { cloudflare } = c.env
    authenticate(c, cloudflare.invalidTokenAnswer)
    const account = requireAccount(c)
    const token = c.get('token')
    if (!groups.some((group) => holds(token, { group, account }))) {
      throw new CloudflareError(403, { code: 10000, message: 'Authentication error', documentationUrl })
    }
    token.lastUsedOn = cloudflare.clock.now()
    await next()
  }
}

/** Admits any valid token of the user; an account token is answered like an invalid one. */
export const authenticatedUser: MiddlewareHandler<CloudflareEnv> = async (c, next) => {
  authenticateUser(c)
  c.get('token').lastUsedOn = c.env.cloudflare.clock.now()
  await next()
}

/** Admits a token of the user that has one of the named permission groups on the user. */
export function permittedUser(...groups: [string, ...string[]]): MiddlewareHandler<CloudflareEnv> {
  return async (c, next) => {
    const { cloudflare } = c.env
    authenticateUser(c)
    const token = c.get('token')
    const resource = `com.cloudflare.api.user.${cloudflare.userId}`
    if (
      !groups.some((group) => grants(token, [resource], ({ id, name }) => name === group && isUserScoped(id)))
    ) {
      throw new CloudflareError(403, { code: 10000, message: 'Authentication error', documentationUrl })
    }
    token.lastUsedOn = cloudflare.clock.now()
    await next()
  }
}

/** Whether the token's policies allow a permission group on an account; a deny overrides every allow. */
export function holds(token: AccountToken, { group, account }: { group: string; account: string }): boolean {
  return grants(
    token,
    [`com.cloudflare.api.account.${account}`, 'com.cloudflare.api.account.*'],
    ({ id, name }) => name === group && isAccountScoped(id)
  )
}

/** Whether a token's policies allow a permission group on one of the resources; a deny overrides every allow. */
export function grants(
  { policies }: Pick<AccountToken, 'policies'>,
  names: readonly string[],
  isGroup: (group: { readonly id: string; readonly name?: string }) => boolean
): boolean {
  const effects = policies
    .filter(({ resources }) => names.some((name) => name in resources))
    .filter((policy) => policy.permission_groups.some(isGroup))
    .map((policy) => policy.effect)
  return effects.includes('allow') && !effects.includes('deny')
}

function authenticateUser(c: Context<CloudflareEnv>): void {
  authenticate(c, 'invalid', ({ userTokens }, value) => userTokens.classify(value))
}

function authenticate(
  c: Context<CloudflareEnv>,
  answerToInvalid: 'invalid' | 'unauthorized',
  classify: (cloudflare: CloudflareState, value: string) => TokenVerdict = (cloudflare, value) =>
    cloudflare.classifyToken(value)
): void {
  const { cloudflare } = c.env
  const value = findBearer(c.req.raw)
  if (value === undefined) {
    throw new CloudflareError(400, {
      code: 6003,
      message: 'Invalid request headers',
      errorChain: [{ code: 6111, message: 'Invalid format for Authorization header' }]
    })
  }
  cloudflare.rateLimit.count(value)
  const verdict = classify(cloudflare, value)
  if (!verdict.works) {
    if (answerToInvalid === 'unauthorized') throw unauthorized()
    throw new CloudflareError(401, { code: 1000, message: 'Invalid API Token' })
  }
  if (!isAllowedFrom(verdict.token, cloudflare.callerIp)) {
    throw unauthorized(`Cannot use the access token from location: ${cloudflare.callerIp}`)
  }
  c.set('token', verdict.token)
}

/** A token belongs to one account and has no access to another. */
function requireAccount(c: Context<CloudflareEnv>): string {
  const { cloudflare, path } = c.env
  const account = c.req.param('account_id') ?? ''
  if (account === cloudflare.accountId) return account
  throw cloudflare.foreignAccountAnswer === 'route' ? noRoute(path) : unauthorized()
}

function unauthorized(message = 'Unauthorized to access requested resource'): CloudflareError {
  return new CloudflareError(403, { code: 9109, message })
}

/** Whether a token's client IP filter admits an address. */
export function isAllowedFrom({ condition }: AccountToken, ip: string): boolean {
  const { in: allowed, not_in: denied } = ipFilterOf(condition) ?? {}
  if (allowed !== undefined && allowed.length > 0 && !isInside(ip, allowed)) return false
  return denied === undefined || !isInside(ip, denied)
}

function isInside(ip: string, ranges: readonly string[]): boolean {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6')
}
