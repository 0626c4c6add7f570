import type { Hono } from 'hono'
import { isoSeconds } from '../clock.ts'
import { onRepository, page, type GithubEnv } from './access.ts'
import { notFound } from './github-error.ts'
import type { Repository, Workflow } from './repository.ts'

const webUrl = 'https://github.com'
const apiUrl = 'https://api.github.com'

/** Workflows, enabling them, and the environments of a repository. */
export function routeWorkflows(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/actions/workflows/:workflow_id'

  app.get(root, onRepository({ actions: 'read' }), (c) => {
    const repository = c.get('repository')
    return c.json(presentWorkflow(repository, find(repository, c.req.param('workflow_id'))))
  })

  app.put(`${root}/enable`, onRepository({ actions: 'write' }), (c) => {
    const workflow = find(c.get('repository'), c.req.param('workflow_id'))
    workflow.state = 'active'
    workflow.updatedAt = c.env.github.clock.now()
    return c.body(null, 204)
  })

  app.get('/repos/:owner/:repo/environments', onRepository({ actions: 'read' }), (c) => {
    const repository = c.get('repository')
    const names = [...repository.environments.keys()]
    const at = isoSeconds(repository.createdAt)
    return c.json({
      total_count: names.length,
      environments: page(c, names).map((name, index) => ({
        id: repository.id + index,
        node_id: `EN_${index}`,
        name,
        url: `${apiUrl}/repos/${repository.fullName}/environments/${encodeURIComponent(name)}`,
        html_url: `${webUrl}/${repository.fullName}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
        created_at: at,
        updated_at: at
      }))
    })
  })
}

/** Finds a workflow by its id or by the name of its file. */
function find(repository: Repository, name: string): Workflow {
  const workflow = repository.workflows.find(
    ({ id, path }) => String(id) === name || path.endsWith(`/${name}`)
  )
  if (workflow === undefined) throw notFound()
  return workflow
}

function presentWorkflow(repository: Repository, workflow: Workflow): Record<string, unknown> {
  const { id, path, state, createdAt, updatedAt } = workflow
  const file = path.split('/').at(-1) ?? path
  return {
    id,
    node_id: `W_${id}`,
    name: 'Rotate credentials',
    path,
    state,
    created_at: isoSeconds(createdAt),
    updated_at: isoSeconds(updatedAt),
    url: `${apiUrl}/repos/${repository.fullName}/actions/workflows/${id}`,
    html_url: `${webUrl}/${repository.fullName}/blob/main/${path}`,
    badge_url: `${webUrl}/${repository.fullName}/workflows/${encodeURIComponent(file)}/badge.svg`
  }
}
