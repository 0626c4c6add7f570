import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { parseAccessDuration } from './access-duration.ts'
import { answerAccessPage, readAccessJson } from './access-envelope.ts'
import { permitted } from './authentication.ts'
import { answer, type CloudflareEnv } from './envelope.ts'
import type { ServiceToken } from './service-tokens.ts'

const reads = permitted('Access: Service Tokens Read', 'Access: Service Tokens Write')
const writes = permitted('Access: Service Tokens Write')

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(350))
const duration = v.pipe(
  v.string(),
  v.check((text) => text === 'forever' || (parseAccessDuration(text) ?? 0) > 0, 'a duration')
)
const time = v.pipe(
  v.string(),
  v.check(
    (text) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
      !Number.isNaN(Date.parse(text)),
    'a time'
  )
)
const version = v.pipe(v.number(), v.integer(), v.minValue(1))

const optional = {
  duration: v.exactOptional(duration),
  enabled: v.exactOptional(v.boolean()),
  client_secret_version: v.exactOptional(version),
  previous_client_secret_expires_at: v.exactOptional(time)
}
const newToken = { name, ...optional }
const tokenChange = { name: v.exactOptional(name), ...optional }
const rotation = { previous_client_secret_expires_at: optional.previous_client_secret_expires_at }

/** `/accounts/{account_id}/access/service_tokens`: only the answers to creation and rotation contain a secret. */
export function routeServiceTokens(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/access/service_tokens'
  const one = `${root}/:service_token_id`

  app.get(root, reads, (c) => {
    const { serviceTokens } = c.env.cloudflare.access
    const { name: wanted, search = '' } = c.req.query()
    const found = serviceTokens.existing
      .filter(({ id }) => !serviceTokens.unlisted.has(id))
      .filter((token) => wanted === undefined || token.name === wanted)
      .filter((token) => token.name.toLowerCase().includes(search.toLowerCase()))
    return answerAccessPage(c, found, (token) => serviceTokens.present(token))
  })

  app.post(root, writes, (c) =>
    answerWithSecret(c, c.env.cloudflare.access.serviceTokens.create(readAccessJson(c, newToken)))
  )

  app.get(one, reads, (c) => answerToken(c, locate(c)))

  app.put(one, writes, (c) => {
    const token = locate(c)
    const rotates = c.env.cloudflare.access.serviceTokens.update(token, readAccessJson(c, tokenChange))
    return rotates ? answerWithSecret(c, token) : answerToken(c, token)
  })

  app.delete(one, writes, (c) => {
    const token = locate(c)
    c.env.cloudflare.access.serviceTokens.delete(token)
    return answerToken(c, token)
  })

  app.post(`${one}/rotate`, writes, (c) => {
    const token = locate(c)
    const input = c.env.body.kind === 'none' ? {} : readAccessJson(c, rotation)
    c.env.cloudflare.access.serviceTokens.rotate(token, input.previous_client_secret_expires_at)
    return answerWithSecret(c, token)
  })

  app.post(`${one}/refresh`, writes, (c) => {
    const token = locate(c)
    c.env.cloudflare.access.serviceTokens.refresh(token)
    return answerToken(c, token)
  })
}

function locate(c: Context<CloudflareEnv>): ServiceToken {
  return c.env.cloudflare.access.serviceTokens.get(c.req.param('service_token_id') ?? '')
}

function answerToken(c: Context<CloudflareEnv>, token: ServiceToken): Response {
  return answer(c, c.env.cloudflare.access.serviceTokens.present(token))
}

function answerWithSecret(c: Context<CloudflareEnv>, token: ServiceToken): Response {
  return answer(c, c.env.cloudflare.access.serviceTokens.presentWithSecret(token))
}
