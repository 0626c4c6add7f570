import type { QuotaGetResponse } from 'cloudflare/resources/secrets-store/quota'
import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { permitted } from './authentication.ts'
import { answer, answerPage, readJson, type CloudflareEnv } from './envelope.ts'
import { secretValueLimitBytes, type SecretsStore, type StoredSecret } from './secrets-stores.ts'

const reads = permitted('Secrets Store Read', 'Secrets Store Write')
const writes = permitted('Secrets Store Write')

/** wrangler sends its JSON as `text/plain` here, and Cloudflare accepts it. */
const asText = { plainText: true }
const paging = { defaultSize: 10, maxSize: 100 }
const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_]{1,255}$/))
const value = v.pipe(v.string(), v.minBytes(1), v.maxBytes(secretValueLimitBytes))
const comment = v.pipe(v.string(), v.maxLength(1024))
const scopes = v.pipe(
  v.array(v.picklist(['workers', 'ai_gateway', 'dex', 'access', 'containers', 'websearch'])),
  v.minLength(1)
)

const newSecrets = v.pipe(
  v.array(v.strictObject({ name, value, scopes, comment: v.exactOptional(comment) })),
  v.minLength(1)
)
const secretChange = v.strictObject({
  value: v.exactOptional(value),
  scopes: v.exactOptional(scopes),
  comment: v.exactOptional(comment)
})
const duplicate = v.strictObject({ name, scopes, comment: v.exactOptional(comment) })

/** `/accounts/{account_id}/secrets_store`: stores, secrets and quota; no answer ever contains a value. */
export function routeSecretsStore(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/secrets_store'
  const secrets = `${root}/stores/:store_id/secrets`

  app.get(`${root}/quota`, reads, (c) => {
    const { quota, usage } = c.env.cloudflare.secretsStores
    return answer(c, { secrets: { quota, usage } } satisfies QuotaGetResponse)
  })

  app.get(`${root}/stores`, reads, (c) => {
    const { secretsStores } = c.env.cloudflare
    return answerPage(c, secretsStores.all, {
      ...paging,
      present: (store) => secretsStores.presentStore(store)
    })
  })

  app.post(`${root}/stores`, writes, (c) => {
    const { secretsStores } = c.env.cloudflare
    return answer(
      c,
      secretsStores.presentStore(secretsStores.addStore(readJson(c, v.strictObject({ name }), asText).name))
    )
  })

  app.get(`${root}/stores/:store_id`, reads, (c) => {
    const { secretsStores } = c.env.cloudflare
    return answer(c, secretsStores.presentStore(secretsStores.getStore(c.req.param('store_id'))))
  })

  app.get(secrets, reads, (c) => {
    const { secretsStores } = c.env.cloudflare
    const store = secretsStores.getStore(c.req.param('store_id'))
    const search = c.req.query('search')?.toLowerCase() ?? ''
    const found = [...store.secrets.values()].filter((secret) =>
      `${secret.name}\n${secret.comment}`.toLowerCase().includes(search)
    )
    const { direction, order } = c.req.query()
    if (direction === 'desc') found.reverse()
    return answerPage(c, found, {
      ...paging,
      ordered: direction !== undefined || order !== undefined,
      present: (secret) => secretsStores.present(store, secret)
    })
  })

  app.post(secrets, writes, (c) => {
    const { secretsStores } = c.env.cloudflare
    const store = secretsStores.getStore(c.req.param('store_id'))
    const created = secretsStores.create(store, readJson(c, newSecrets, asText))
    return answer(
      c,
      created.map((secret) => secretsStores.present(store, secret))
    )
  })

  app.get(`${secrets}/:secret_id`, reads, (c) => answerSecret(c, locate(c)))

  app.patch(`${secrets}/:secret_id`, writes, (c) => {
    const located = locate(c)
    c.env.cloudflare.secretsStores.edit(located.secret, readJson(c, secretChange, asText))
    return answerSecret(c, located)
  })

  app.delete(`${secrets}/:secret_id`, writes, (c) => {
    const { store, secret } = locate(c)
    store.secrets.delete(secret.id)
    return answer(c, { ...c.env.cloudflare.secretsStores.present(store, secret), status: 'deleted' })
  })

  app.post(`${secrets}/:secret_id/duplicate`, writes, (c) => {
    const { store, secret } = locate(c)
    const copy = { ...readJson(c, duplicate, asText), value: secret.value }
    const [created] = c.env.cloudflare.secretsStores.create(store, [copy])
    return answerSecret(c, { store, secret: created ?? secret })
  })
}

interface Located {
  readonly store: SecretsStore
  readonly secret: StoredSecret
}

function locate(c: Context<CloudflareEnv>): Located {
  const { secretsStores } = c.env.cloudflare
  const store = secretsStores.getStore(c.req.param('store_id') ?? '')
  return { store, secret: secretsStores.getSecret(store, c.req.param('secret_id') ?? '') }
}

function answerSecret(c: Context<CloudflareEnv>, { store, secret }: Located): Response {
  return answer(c, c.env.cloudflare.secretsStores.present(store, secret))
}
