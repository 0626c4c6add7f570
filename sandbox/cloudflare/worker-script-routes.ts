import type { SecretListResponse } from 'cloudflare/resources/workers/scripts/secrets'
import type { Hono } from 'hono'
import * as v from 'valibot'
import { isoMicroseconds } from '../clock.ts'
import { permitted } from './authentication.ts'
import { CloudflareError } from './cloudflare-error.ts'
import { answer, readCount, readJson, type CloudflareEnv } from './envelope.ts'
import { workerLimits } from './worker-scripts.ts'

const reads = permitted('Workers Scripts Read', 'Workers Scripts Write')
const writes = permitted('Workers Scripts Write')

const binding = v.pipe(v.string(), v.regex(/^[A-Za-z_$][A-Za-z0-9_$]*$/))
const secret = v.strictObject({
  name: binding,
  type: v.literal('secret_text'),
  text: v.pipe(v.string(), v.minLength(1), v.maxBytes(workerLimits.valueBytes))
})
/** Cloudflare states no limits of tags: these are those of its other annotations. */
const tags = v.record(
  v.pipe(v.string(), v.minLength(1), v.maxLength(100)),
  v.pipe(v.string(), v.maxBytes(100))
)
const bulk = v.strictObject({
  secrets: v.pipe(
    v.record(binding, v.nullable(secret)),
    v.check((value) => Object.keys(value).length <= workerLimits.operations),
    v.check((value) => Object.entries(value).every(([name, one]) => one === null || one.name === name))
  ),
  version_tags: v.exactOptional(tags)
})

/** Most deployments in an answer. */
const SHOWN_DEPLOYMENTS = 10

/** `/accounts/{account_id}/workers/scripts`: Workers, their versions, deployments and secrets; no answer ever contains a value. */
export function routeWorkerScripts(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/workers/scripts'
  const one = `${root}/:script`

  app.get(root, reads, (c) => {
    const { workers, order } = c.env.cloudflare
    const scripts = workers.all.map(({ name, versions }) => {
      const [first, last] = [versions[0], versions.at(-1)]
      return {
        id: name,
        created_on: isoMicroseconds(first?.createdAt ?? 0),
        modified_on: isoMicroseconds(last?.createdAt ?? 0)
      }
    })
    return answer(c, order.shuffled(scripts))
  })

  app.get(`${one}/secrets`, reads, (c) => {
    const { workers, order } = c.env.cloudflare
    const names = Object.keys(workers.get(c.req.param('script')).versions.at(-1)?.secrets ?? {})
    const shown = names.map((name): SecretListResponse => ({ name, type: 'secret_text' }))
    return answer(c, order.shuffled(shown))
  })

  app.patch(`${one}/secrets-bulk`, writes, (c) => {
    const { workers } = c.env.cloudflare
    const script = workers.get(c.req.param('script'))
    const { secrets, version_tags = {} } = readJson(c, bulk)
    return answer(c, workers.presentSecrets(workers.changeSecrets(script, secrets, version_tags).secrets))
  })

  app.get(`${one}/versions`, reads, (c) => {
    const { workers } = c.env.cloudflare
    const { versions } = workers.get(c.req.param('script'))
    const page = readCount(c, 'page', { fallback: 1, max: Number.MAX_SAFE_INTEGER })
    const size = readCount(c, 'per_page', { fallback: 10, max: 100 })
    const shown = versions.toReversed().slice((page - 1) * size, page * size)
    return answer(
      c,
      { items: shown.map((version) => workers.presentVersion(version)) },
      {
        resultInfo: {
          page,
          per_page: size,
          count: shown.length,
          total_count: versions.length,
          total_pages: Math.ceil(versions.length / size)
        }
      }
    )
  })

  app.get(`${one}/versions/:version_id`, reads, (c) => {
    const { workers } = c.env.cloudflare
    const { versions } = workers.get(c.req.param('script'))
    const version = versions.find(({ id }) => id === c.req.param('version_id'))
    if (version === undefined) {
      throw new CloudflareError(404, {
        code: 10046,
        message: 'The requested Worker version could not be found.'
      })
    }
    return answer(c, { ...workers.presentVersion(version), resources: {} })
  })

  app.get(`${one}/deployments`, reads, (c) => {
    const { workers } = c.env.cloudflare
    const { deployments } = workers.get(c.req.param('script'))
    const shown = deployments.toReversed().slice(0, SHOWN_DEPLOYMENTS)
    return answer(c, { deployments: shown.map((deployment) => workers.presentDeployment(deployment)) })
  })
}
