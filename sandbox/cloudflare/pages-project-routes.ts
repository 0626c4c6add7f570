import type { Hono } from 'hono'
import * as v from 'valibot'
import { permitted } from './authentication.ts'
import { invalidRequest } from './cloudflare-error.ts'
import { answer, answerPage, readJson, type CloudflareEnv } from './envelope.ts'

const reads = permitted('Pages Read', 'Pages Write')
const writes = permitted('Pages Write')

const variable = v.strictObject({
  type: v.picklist(['plain_text', 'secret_text']),
  value: v.pipe(v.string(), v.minLength(1), v.maxBytes(5_120))
})
const environment = v.strictObject({
  env_vars: v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/)), v.nullable(variable))
})
const change = v.strictObject({
  deployment_configs: v.strictObject({
    production: v.exactOptional(environment),
    preview: v.exactOptional(environment)
  })
})

/** `/accounts/{account_id}/pages/projects`: projects, their variables and deployments; no answer contains the value of a secret. */
export function routePagesProjects(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/pages/projects'
  const one = `${root}/:project`

  app.get(root, reads, (c) => {
    const { pages } = c.env.cloudflare
    const present = (project: (typeof pages.all)[number]) => pages.present(project)
    return answerPage(c, pages.all, { defaultSize: 10, maxSize: 10, present })
  })

  app.get(one, reads, (c) => {
    const { pages } = c.env.cloudflare
    return answer(c, pages.present(pages.get(c.req.param('project'))))
  })

  app.patch(one, writes, (c) => {
    const { pages } = c.env.cloudflare
    const project = pages.get(c.req.param('project'))
    const { deployment_configs } = readJson(c, change)
    for (const name of ['production', 'preview'] as const) {
      const changes = deployment_configs[name]?.env_vars
      if (changes !== undefined) pages.change(project, name, changes)
    }
    return answer(c, pages.present(project))
  })

  app.get(`${one}/deployments`, reads, (c) => {
    const { pages } = c.env.cloudflare
    const project = pages.get(c.req.param('project'))
    const wanted = c.req.query('env')
    if (wanted !== undefined && wanted !== 'production' && wanted !== 'preview')
      throw invalidRequest('env must be production or preview')
    const shown = project.deployments.filter(({ environment: of }) => wanted === undefined || of === wanted)
    return answerPage(c, shown.toReversed(), {
      defaultSize: 25,
      maxSize: 25,
      ordered: true,
      present: (deployment) => pages.presentDeployment(project, deployment)
    })
  })
}
