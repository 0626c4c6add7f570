import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { onRepository, page, readJson, signedIn, type GithubEnv } from './access.ts'
import { GithubError, invalidField, notFound } from './github-error.ts'
import { presentFullRepository, presentRun } from './presentation.ts'
import type { Variable, WorkflowRun } from './repository-parts.ts'
import { endRuns } from './started-runs.ts'
import { findWorkflow } from './workflow-routes.ts'

const name = v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
const value = v.pipe(v.string(), v.maxBytes(48 * 1024))

/** Workflow runs, variables, the repository itself and the rate limit. */
export function routeRuns(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/actions/runs'
  const reads = onRepository({ actions: 'read' })

  const list = (c: Context<GithubEnv>, workflow?: number): Response => {
    const repository = c.get('repository')
    endRuns(repository, c.env.github.clock.now())
    const { status, created, event, branch } = c.req.query()
    const isCreated = created === undefined ? () => true : parseCreated(created)
    const found = repository.runs
      .filter((run) => status === undefined || run.status === status || run.conclusion === status)
      .filter((run) => event === undefined || run.event === event)
      .filter((run) => branch === undefined || run.headBranch === branch)
      .filter(isCreated)
      .filter((run) => workflow === undefined || run.workflowId === workflow)
      .sort((a, b) => b.createdAt - a.createdAt)
    return c.json({
      total_count: found.length,
      workflow_runs: page(c, found).map((run) => presentRun(repository, run))
    })
  }
  app.get(root, reads, (c) => list(c))
  app.get('/repos/:owner/:repo/actions/workflows/:workflow_id/runs', reads, (c) =>
    list(c, findWorkflow(c.get('repository'), c.req.param('workflow_id')).id)
  )

  app.get(`${root}/:run_id`, reads, (c) => {
    const repository = c.get('repository')
    endRuns(repository, c.env.github.clock.now())
    const run = repository.runs.find(({ id }) => String(id) === c.req.param('run_id'))
    if (run === undefined) throw notFound()
    return c.json(presentRun(repository, run))
  })

  app.post(`${root}/:run_id/cancel`, onRepository({ actions: 'write' }), (c) => {
    const run = c.get('repository').runs.find(({ id }) => String(id) === c.req.param('run_id'))
    if (run === undefined) throw notFound()
    if (run.status === 'completed')
      throw new GithubError(409, 'Cannot cancel a workflow run that is completed.')
    run.status = 'completed'
    run.conclusion = 'cancelled'
    run.updatedAt = c.env.github.clock.now()
    return c.json({}, 202)
  })

  app.get('/repos/:owner/:repo', onRepository(), (c) => c.json(presentFullRepository(c.get('repository'))))

  app.get('/rate_limit', signedIn, (c) => {
    if (!c.env.github.limitsRate) throw new GithubError(404, 'Rate limiting is not enabled.')
    const header = (key: string): number => Number(c.res.headers.get(`x-ratelimit-${key}`))
    const rate = {
      limit: header('limit'),
      used: header('used'),
      remaining: header('remaining'),
      reset: header('reset')
    }
    return c.json({ resources: { core: rate, search: rate }, rate })
  })

  routeVariables(app)
}

function routeVariables(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/actions/variables'
  const reads = onRepository({ actions_variables: 'read' })
  const writes = onRepository({ actions_variables: 'write' })

  app.get(root, reads, (c) => {
    const all = [...c.get('repository').variables.values()]
    return c.json({ total_count: all.length, variables: page(c, all).map(presentVariable) })
  })

  app.post(root, writes, (c) => {
    const body = readJson(c, v.object({ name, value }))
    const repository = c.get('repository')
    if (repository.variables.has(body.name.toUpperCase())) {
      throw new GithubError(409, 'Already exists - Variable already exists')
    }
    repository.setVariable(body.name, body.value)
    return c.json({}, 201)
  })

  app.get(`${root}/:name`, reads, (c) => {
    const variable = c.get('repository').variables.get(c.req.param('name').toUpperCase())
    if (variable === undefined) throw notFound()
    return c.json(presentVariable(variable))
  })

  app.patch(`${root}/:name`, writes, (c) => {
    const repository = c.get('repository')
    const known = repository.variables.get(c.req.param('name').toUpperCase())
    if (known === undefined) throw notFound()
    const body = readJson(c, v.object({ name: v.exactOptional(name), value: v.exactOptional(value) }))
    if (body.name !== undefined && body.name.toUpperCase() !== known.name)
      repository.variables.delete(known.name)
    repository.setVariable(body.name ?? known.name, body.value ?? known.value)
    return c.body(null, 204)
  })
}

function presentVariable(variable: Variable): Record<string, string> {
  return {
    name: variable.name,
    value: variable.value,
    created_at: isoSeconds(variable.createdAt),
    updated_at: isoSeconds(variable.updatedAt)
  }
}

/** Parses GitHub's search syntax for times: `>=t`, `>t`, `<=t`, `<t`, `t..t`, `t`. */
function parseCreated(filter: string): (run: WorkflowRun) => boolean {
  const [, operator = '', first = '', second] =
    /^(>=|<=|>|<|)([^.]+?(?:\.\d+Z)?)(?:\.\.(.+))?$/.exec(filter) ?? []
  const from = Date.parse(first)
  const to = second === undefined ? from : second === '*' ? Infinity : Date.parse(second)
  if (Number.isNaN(from) || Number.isNaN(to)) throw invalidField('WorkflowRun', 'created')
  // A date without a time means the whole day.
  const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text)
  const end = isDay(second ?? first) ? to + 86_399_999 : to
  // GitHub stores and compares whole seconds.
  const at = (run: WorkflowRun): number => Math.floor(run.createdAt / 1000) * 1000
  switch (operator) {
    case '>=':
      return (run) => at(run) >= from
    case '>':
      return (run) => at(run) > (isDay(first) ? end : from)
    case '<=':
      return (run) => at(run) <= end
    case '<':
      return (run) => at(run) < from
    default:
      return (run) => at(run) >= from && at(run) <= end
  }
}
