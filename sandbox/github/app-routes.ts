import { createPublicKey, verify } from 'node:crypto'
import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { findCredential, readJson, type GithubEnv } from './access.ts'
import { GithubError, notFound } from './github-error.ts'
import { presentUser } from './presentation.ts'
import type { GithubApp } from './state.ts'

/** Longest life of an App's JWT, in seconds. */
const LONGEST = 600
const HOUR = 3_600_000

const claims = v.looseObject({
  iss: v.union([v.string(), v.number()]),
  iat: v.pipe(v.number(), v.integer()),
  exp: v.pipe(v.number(), v.integer())
})
const level = v.picklist(['read', 'write'])
const tokenRequest = v.object({
  repositories: v.exactOptional(v.array(v.string())),
  permissions: v.exactOptional(v.record(v.string(), level))
})

/** What an App does as itself, with a JWT signed by its key: find an installation, and create a token for it. */
export function routeApps(app: Hono<GithubEnv>): void {
  app.get('/repos/:owner/:repo/installation', (c) => {
    const identity = authenticateApp(c)
    const repository = c.env.github.repository(`${c.req.param('owner')}/${c.req.param('repo')}`)
    if (!identity.repositories.includes(repository.fullName)) throw notFound()
    return c.json(presentInstallation(identity, repository.owner))
  })

  app.post('/app/installations/:installation_id/access_tokens', (c) => {
    const identity = authenticateApp(c)
    if (c.req.param('installation_id') !== String(identity.installationId)) throw notFound()
    if (identity.repositories.length === 0) throw notFound()
    const asked = readJson(c, tokenRequest)
    const permissions = asked.permissions ?? identity.permissions
    for (const [name, wanted] of Object.entries(permissions)) {
      const held = identity.permissions[name]
      if (held !== 'write' && held !== wanted)
        throw new GithubError(422, 'The permissions requested are not granted to this installation.')
    }
    const repositories =
      asked.repositories === undefined
        ? identity.repositories
        : asked.repositories.map((name) => findInstalled(identity, name))
    const expiresAt = Math.floor(c.env.github.clock.now() / 1000) * 1000 + HOUR
    const token = c.env.github.addToken({
      kind: 'app',
      name: identity.slug,
      permissions,
      repositories,
      expiresAt
    })
    return c.json(
      {
        token: token.value,
        expires_at: isoSeconds(expiresAt),
        permissions,
        repository_selection: 'selected'
      },
      201
    )
  })
}

function findInstalled(app: GithubApp, name: string): string {
  const found = app.repositories.find((full) => full.split('/')[1] === name)
  if (found !== undefined) return found
  throw new GithubError(422, 'There is at least one repository that does not exist or is not accessible.')
}

/** Admits the App whose key signed the JWT, as strictly as GitHub does. */
function authenticateApp(c: Context<GithubEnv>): GithubApp {
  const { github } = c.env
  const undecodable = new GithubError(401, 'A JSON web token could not be decoded')
  const [header, payload, signature] = (findCredential(c.req.raw) ?? '').split('.')
  if (header === undefined || payload === undefined || signature === undefined) throw undecodable
  const parsed = v.safeParse(claims, decode(payload))
  if (!parsed.success || !v.is(v.looseObject({ alg: v.literal('RS256') }), decode(header))) throw undecodable
  const { iss, iat, exp } = parsed.output
  const app = github.apps.find(({ id }) => String(id) === String(iss))
  if (app === undefined) throw new GithubError(404, 'Integration not found')
  const isSigned = app.publicKeys.some((key) =>
    verify(
      'RSA-SHA256',
      Buffer.from(`${header}.${payload}`),
      createPublicKey(key),
      Buffer.from(signature, 'base64url')
    )
  )
  if (!isSigned) throw undecodable
  const now = Math.floor(github.clock.now() / 1000)
  if (iat > now)
    throw new GithubError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    )
  if (exp <= now)
    throw new GithubError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
    )
  if (exp - now > LONGEST)
    throw new GithubError(401, "'Expiration time' claim ('exp') is too far in the future")
  return app
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

function presentInstallation(app: GithubApp, owner: string): Record<string, unknown> {
  const url = `https://api.github.com/app/installations/${app.installationId}`
  const at = isoSeconds(app.createdAt)
  return {
    id: app.installationId,
    account: presentUser(owner),
    repository_selection: 'selected',
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: 'https://api.github.com/installation/repositories',
    html_url: `https://github.com/organizations/${owner}/settings/installations/${app.installationId}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: app.installationId,
    target_type: 'Organization',
    permissions: app.permissions,
    events: [],
    created_at: at,
    updated_at: at,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null
  }
}
