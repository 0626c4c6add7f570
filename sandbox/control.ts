import { Hono } from 'hono'
import * as v from 'valibot'
import type { AccountTokens } from './cloudflare/account-tokens.ts'
import { FOREIGN_PAGES } from './foreign-pages.ts'
import { findKeyOwner } from './r2/key.ts'
import type { Sandbox } from './sandbox.ts'

const faultBody = v.strictObject({
  match: v.optional(
    v.strictObject({
      api: v.exactOptional(v.string()),
      method: v.exactOptional(v.string()),
      path: v.exactOptional(v.string()),
      operation: v.exactOptional(v.string()),
      nth: v.exactOptional(v.number()),
      count: v.exactOptional(v.number())
    }),
    {}
  ),
  when: v.optional(v.picklist(['before', 'after']), 'before'),
  answer: v.union([
    v.picklist(['drop', 'hang', 'garbage', 'success-false']),
    v.strictObject({
      status: v.number(),
      headers: v.exactOptional(v.record(v.string(), v.string())),
      body: v.exactOptional(v.unknown())
    }),
    v.strictObject({ rateLimit: v.number() }),
    v.strictObject({ page: v.picklist(FOREIGN_PAGES) }),
    v.strictObject({
      refusal: v.strictObject({
        status: v.number(),
        code: v.exactOptional(v.union([v.number(), v.string()])),
        message: v.exactOptional(v.string()),
        documentationUrl: v.exactOptional(v.string()),
        headers: v.exactOptional(v.record(v.string(), v.string()))
      })
    }),
    v.strictObject({ connection: v.string() })
  ])
})

/** Routes below `/_sandbox` for interactive use: inspect, inject faults, reset. */
export function createControl(current: () => Sandbox, reset: () => void): Hono {
  const app = new Hono().basePath('/_sandbox')
  app.get('/transcript', (c) => c.json(current().transcript.calls))
  app.get('/state', (c) => c.json(maskedState(current())))
  app.post('/faults', async (c) => {
    const parsed = v.safeParse(faultBody, await c.req.json())
    if (!parsed.success) return c.json({ errors: v.flatten(parsed.issues) }, 400)
    current().faults.add(parsed.output)
    return c.json({ armed: true }, 201)
  })
  app.delete('/faults', (c) => {
    current().faults.clear()
    return c.body(null, 204)
  })
  app.post('/reset', (c) => {
    reset()
    return c.json({ reset: true })
  })
  return app
}

function listTokens(tokens: AccountTokens): readonly object[] {
  return tokens.all.map((token) => ({
    id: token.id,
    name: token.name,
    status: token.deletedAt === undefined ? tokens.statusOf(token) : 'deleted'
  }))
}

function maskedState({ cloudflare, github }: Sandbox): unknown {
  const { tokens, userTokens, secretsStores, kv, d1, access } = cloudflare
  const { serviceTokens } = access
  const holder = (value: string): string => {
    const serviceToken = serviceTokens.findBySecret(value)
    if (serviceToken !== undefined) return `${serviceToken.name} (client secret)`
    const token = cloudflare.findToken(value)?.name ?? findKeyOwner(cloudflare, value)?.name
    return token ?? serviceTokens.findByClientId(value)?.clientId ?? '<secret>'
  }
  const named = (values: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, holder(value)]))
  return {
    cloudflare: {
      tokens: listTokens(tokens),
      userTokens: listTokens(userTokens),
      secretsStores: secretsStores.all.map(({ id, name }) => ({
        id,
        name,
        secrets: named(secretsStores.values(id))
      })),
      kv: kv.all.map(({ id, title, keys }) => ({ id, title, keys })),
      d1: d1.all.map(({ id, name, tables }) => ({ id, name, tables })),
      access: {
        serviceTokens: serviceTokens.all.map((token) => ({
          id: token.id,
          clientId: token.clientId,
          name: token.name,
          status: token.deletedAt !== undefined ? 'deleted' : token.enabled.current ? 'enabled' : 'disabled',
          namedBy: access.rulesNaming(token.id)
        })),
        applications: access.applications.all.map(({ id, name, domain, shares }) => ({
          id,
          name,
          domain,
          shares: [...shares.values()].map(({ bucket, path }) => `${bucket}/${path}`)
        }))
      }
    },
    github: github.repositories.map((repository) => ({
      repository: repository.fullName,
      secrets: named(repository.secrets.actions.values),
      environments: Object.fromEntries(
        [...repository.environments].map(([name, vault]) => [name, named(vault.values)])
      ),
      issues: repository.issues.map(({ number, title, state }) => ({ number, title, state }))
    }))
  }
}
