import type { Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { onRepository, page, readJson, type GithubEnv } from './access.ts'
import { GithubError, notFound } from './github-error.ts'
import { apiUrl, webUrl } from './presentation.ts'
import type { Repository } from './repository.ts'

const environmentInput = v.looseObject({
  deployment_branch_policy: v.exactOptional(
    v.nullable(v.strictObject({ protected_branches: v.boolean(), custom_branch_policies: v.boolean() }))
  )
})
const variableInput = v.object({ name: v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/)), value: v.string() })

/** Environments: who may deploy to them, and their variables. */
export function routeEnvironments(app: Hono<GithubEnv>): void {
  const root = '/repos/:owner/:repo/environments/:environment_name'

  app.get(root, onRepository({ actions: 'read' }), (c) => {
    const name = c.req.param('environment_name')
    c.get('repository').environment(name)
    return c.json(present(c.get('repository'), name))
  })

  app.put(root, onRepository({ administration: 'write' }), (c) => {
    const repository = c.get('repository')
    const name = c.req.param('environment_name')
    const policy = readJson(c, environmentInput).deployment_branch_policy
    if (policy?.protected_branches === policy?.custom_branch_policies && policy != null)
      throw new GithubError(422, 'Validation Failed: the two kinds of policy exclude each other.')
    if (!repository.environments.has(name)) repository.addEnvironment(name)
    const settings = repository.settingsOf(name)
    if (policy == null) settings.branches = undefined
    else settings.branches ??= []
    return c.json(present(repository, name))
  })

  routeBranchPolicies(app, `${root}/deployment-branch-policies`)
  routeVariables(app, `${root}/variables`)
}

function routeBranchPolicies(app: Hono<GithubEnv>, root: string): void {
  app.get(root, onRepository({ actions: 'read' }), (c) => {
    const branches = c.get('repository').settingsOf(c.req.param('environment_name') ?? '').branches ?? []
    return c.json({
      total_count: branches.length,
      branch_policies: page(c, branches).map((name, index) => ({ id: index + 1, name, type: 'branch' }))
    })
  })

  app.post(root, onRepository({ administration: 'write' }), (c) => {
    const settings = c.get('repository').settingsOf(c.req.param('environment_name') ?? '')
    if (settings.branches === undefined) throw notFound()
    const { name } = readJson(c, v.looseObject({ name: v.string() }))
    if (settings.branches.includes(name)) return c.body(null, 303)
    settings.branches.push(name)
    return c.json({ id: settings.branches.length, name, type: 'branch' })
  })
}

function routeVariables(app: Hono<GithubEnv>, root: string): void {
  const reads = onRepository({ environments: 'read' })
  const writes = onRepository({ environments: 'write' })

  app.get(root, reads, (c) => {
    const repository = c.get('repository')
    const { variables } = repository.settingsOf(c.req.param('environment_name') ?? '')
    const at = isoSeconds(repository.createdAt)
    const all = [...variables].map(([name, value]) => ({ name, value, created_at: at, updated_at: at }))
    return c.json({ total_count: all.length, variables: page(c, all) })
  })

  app.post(root, writes, (c) => {
    const { variables } = c.get('repository').settingsOf(c.req.param('environment_name') ?? '')
    const { name, value } = readJson(c, variableInput)
    if (variables.has(name.toUpperCase()))
      throw new GithubError(409, 'Already exists - Variable already exists')
    variables.set(name.toUpperCase(), value)
    return c.json({}, 201)
  })

  app.get(`${root}/:name`, reads, (c) => {
    const repository = c.get('repository')
    const name = (c.req.param('name') ?? '').toUpperCase()
    const value = repository.settingsOf(c.req.param('environment_name') ?? '').variables.get(name)
    if (value === undefined) throw notFound()
    const at = isoSeconds(repository.createdAt)
    return c.json({ name, value, created_at: at, updated_at: at })
  })

  app.patch(`${root}/:name`, writes, (c) => {
    const { variables } = c.get('repository').settingsOf(c.req.param('environment_name') ?? '')
    const name = (c.req.param('name') ?? '').toUpperCase()
    if (!variables.has(name)) throw notFound()
    variables.set(name, readJson(c, v.looseObject({ value: v.string() })).value)
    return c.body(null, 204)
  })
}

function present(repository: Repository, name: string) {
  const at = isoSeconds(repository.createdAt)
  const { branches } = repository.settingsOf(name)
  return {
    id: repository.id,
    node_id: 'EN_0',
    name,
    url: `${apiUrl}/repos/${repository.fullName}/environments/${encodeURIComponent(name)}`,
    html_url: `${webUrl}/${repository.fullName}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: at,
    updated_at: at,
    protection_rules: branches === undefined ? [] : [{ id: 1, node_id: 'GA_1', type: 'branch_policy' }],
    deployment_branch_policy:
      branches === undefined ? null : { protected_branches: false, custom_branch_policies: true }
  }
}
