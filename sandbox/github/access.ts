import type { Context, MiddlewareHandler } from 'hono'
import type { GenericSchema, InferOutput } from 'valibot'
import * as v from 'valibot'
import type { CallBindings } from '../service.ts'
import { GithubError, invalidField, notFound } from './github-error.ts'
import type { Repository } from './repository.ts'
import type { GithubState, GithubToken, Organization, Permissions } from './state.ts'

/** Context of GitHub's routes. */
export interface GithubEnv {
  Bindings: CallBindings & { readonly github: GithubState }
  Variables: { token: GithubToken; repository: Repository; organization: Organization }
}

/** Reads the value of `Authorization: token …` or `Bearer …`. */
export function findCredential(request: Request): string | undefined {
  return /^(?:token|bearer) (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
}

/** Admits a token that can see the repository of the route and has the permissions. */
export function onRepository(permissions: Permissions = {}): MiddlewareHandler<GithubEnv> {
  return async (c, next) => {
    const token = authenticate(c)
    const repository = c.env.github.repository(`${c.req.param('owner')}/${c.req.param('repo')}`)
    if (token.repositories !== 'all' && !token.repositories.includes(repository.fullName)) throw notFound()
    demand(token, permissions)
    c.set('repository', repository)
    await next()
  }
}

/** Admits a token that has the permissions on the organization of the route. */
export function onOrganization(permissions: Permissions): MiddlewareHandler<GithubEnv> {
  return async (c, next) => {
    const token = authenticate(c)
    const organization = c.env.github.organization(c.req.param('org') ?? '')
    demand(token, permissions)
    c.set('organization', organization)
    await next()
  }
}

/** Admits every valid token. */
export const signedIn: MiddlewareHandler<GithubEnv> = async (c, next) => {
  authenticate(c)
  await next()
}

/** Reads the JSON body by its schema; keys that GitHub ignores are allowed too. */
export function readJson<S extends GenericSchema>(c: Context<GithubEnv>, schema: S): InferOutput<S> {
  const { body } = c.env
  if (body.kind === 'form' || body.kind === 'invalid-json')
    throw new GithubError(400, 'Problems parsing JSON')
  const parsed = v.safeParse(
    schema,
    body.kind === 'none' ? {} : body.kind === 'json' ? body.value : parse(body.text)
  )
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  throw invalidField(
    'Request',
    v.getDotPath(issue) ?? 'body',
    issue.received === 'undefined' ? 'missing_field' : 'invalid'
  )
}

/**
 * Makes one page of a list, by `page` and `per_page`, with GitHub's `Link` header. Where GitHub promises no order, it differs each time, except in a
 * list of several pages.
 */
export function page<T>(
  c: Context<GithubEnv>,
  items: readonly T[],
  { ordered = false }: { ordered?: boolean } = {}
): T[] {
  const size = Math.min(c.env.github.pageSizeCap, readCount(c, 'per_page', 30))
  const current = readCount(c, 'page', 1)
  const last = Math.max(1, Math.ceil(items.length / size))
  const targets = { first: 1, prev: current - 1, next: current + 1, last }
  const links = Object.entries(targets)
    .filter(
      ([rel, target]) =>
        target >= 1 && target <= last && (rel === 'last' || rel === 'next' ? current < last : current > 1)
    )
    .map(([rel, target]) => {
      const url = new URL(c.req.url)
      url.searchParams.set('page', String(target))
      return `<${url.href}>; rel="${rel}"`
    })
  if (links.length > 0) c.header('link', links.join(', '))
  const listed = ordered || items.length > size ? items : c.env.github.order.shuffled(items)
  return listed.slice((current - 1) * size, current * size)
}

function authenticate(c: Context<GithubEnv>): GithubToken {
  const value = findCredential(c.req.raw)
  if (value === undefined) throw new GithubError(401, 'Requires authentication')
  const { github } = c.env
  const token = github.findToken(value)
  if (token === undefined || (token.expiresAt !== undefined && token.expiresAt <= github.clock.now())) {
    throw new GithubError(401, 'Bad credentials')
  }
  c.set('token', token)
  if (token.kind === 'pat' && token.expiresAt !== undefined) {
    const expiry = new Date(token.expiresAt).toISOString()
    c.header('github-authentication-token-expiration', `${expiry.slice(0, 19).replace('T', ' ')} UTC`)
  }
  const { limit, used, remaining, reset } = github.countCall(value)
  c.header('x-ratelimit-limit', String(limit))
  c.header('x-ratelimit-used', String(used))
  c.header('x-ratelimit-remaining', String(remaining))
  c.header('x-ratelimit-reset', String(reset))
  c.header('x-ratelimit-resource', 'core')
  if (used > limit) throw new GithubError(403, `API rate limit exceeded for ${token.name}.`)
  github.secondaryLimits.count(value, c.req.method)
  return token
}

function demand(token: GithubToken, permissions: Permissions): void {
  const isHeld = Object.entries(permissions).every(
    ([name, level]) => token.permissions[name] === 'write' || token.permissions[name] === level
  )
  if (isHeld) return
  const holder = token.kind === 'pat' ? 'personal access token' : 'integration'
  const accepted = Object.entries(permissions).map(([name, level]) => `${name}=${level}`)
  throw new GithubError(403, `Resource not accessible by ${holder}`, {
    headers: { 'x-accepted-github-permissions': accepted.join(',') }
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new GithubError(400, 'Problems parsing JSON')
  }
}

function readCount(c: Context<GithubEnv>, name: string, fallback: number): number {
  const count = Number(c.req.query(name) ?? fallback)
  return Number.isInteger(count) && count >= 1 ? count : fallback
}
