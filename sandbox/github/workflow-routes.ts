import type { Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { onRepository, page, readJson, type GithubEnv } from './access.ts'
import { GithubError, notFound } from './github-error.ts'
import type { Repository } from './repository.ts'
import type { Workflow } from './repository-parts.ts'

const webUrl = 'https://github.com'
const apiUrl = 'https://api.github.com'

const dispatch = v.object({
  ref: v.string(),
  inputs: v.exactOptional(v.record(v.string(), v.unknown())),
  return_run_details: v.exactOptional(v.boolean())
})

/** Workflows, starting and enabling them, and the environments of a repository. */
export function routeWorkflows(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/actions/workflows/:workflow_id'

  app.get(root, onRepository({ actions: 'read' }), (c) => {
    const repository = c.get('repository')
    return c.json(presentWorkflow(repository, findWorkflow(repository, c.req.param('workflow_id'))))
  })

  app.put(`${root}/enable`, onRepository({ actions: 'write' }), (c) => {
    const workflow = findWorkflow(c.get('repository'), c.req.param('workflow_id'))
    workflow.state = 'active'
    workflow.updatedAt = c.env.github.clock.now()
    return c.body(null, 204)
  })

  app.post(`${root}/dispatches`, onRepository({ actions: 'write' }), (c) => {
    const repository = c.get('repository')
    const workflow = findWorkflow(repository, c.req.param('workflow_id'))
    const body = readJson(c, dispatch)
    refuseDispatch(repository, { workflow, ...body })
    const run = repository.newRun({
      event: 'workflow_dispatch',
      status: 'queued',
      path: workflow.path,
      workflowId: workflow.id,
      headBranch: body.ref,
      ...(workflow.runEnding === undefined ? {} : { ending: workflow.runEnding })
    })
    if (repository.swallowedDispatches > 0) repository.swallowedDispatches -= 1
    else repository.runs.push(run)
    if (body.return_run_details !== true) return c.body(null, 204)
    return c.json({
      workflow_run_id: run.id,
      run_url: `${apiUrl}/repos/${repository.fullName}/actions/runs/${run.id}`,
      html_url: `${webUrl}/${repository.fullName}/actions/runs/${run.id}`
    })
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

/** Throws the 422 of a dispatch that GitHub does not accept. */
function refuseDispatch(
  repository: Repository,
  { workflow, ref, inputs = {} }: v.InferOutput<typeof dispatch> & { readonly workflow: Workflow }
): void {
  if (!repository.refs.includes(ref)) throw new GithubError(422, `No ref found for: ${ref}`)
  if (workflow.state !== 'active')
    throw new GithubError(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
  const { dispatchInputs } = workflow
  if (dispatchInputs === undefined)
    throw new GithubError(422, "Workflow does not have 'workflow_dispatch' trigger")
  const unexpected = Object.keys(inputs).filter((name) => !dispatchInputs.includes(name))
  if (unexpected.length > 0)
    throw new GithubError(422, `Unexpected inputs provided: ${JSON.stringify(unexpected)}`)
}

/** Finds a workflow by its id or by the name of its file. */
export function findWorkflow(repository: Repository, name: string): Workflow {
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
