import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Cuts GitHub's OpenAPI description down to what the sandbox plays: `node scripts/extract-github-openapi.ts [file]`.
 * Without a file it takes `api.github.com.json` out of the npm package `@octokit/openapi`, which unpacked is far too
 * large to be a dependency.
 */

const member = 'package/generated/api.github.com.json'
const target = join(import.meta.dirname, '..', 'sandbox', 'github-openapi.json')
const repository = '/repos/{owner}/{repo}'
const secretApps = ['actions', 'dependabot', 'codespaces']

const wanted: Record<string, readonly string[]> = {
  '/rate_limit': ['get'],
  [repository]: ['get'],
  [`${repository}/actions/runs`]: ['get'],
  [`${repository}/actions/runs/{run_id}`]: ['get'],
  [`${repository}/actions/workflows/{workflow_id}`]: ['get'],
  [`${repository}/actions/workflows/{workflow_id}/enable`]: ['put'],
  [`${repository}/actions/workflows/{workflow_id}/dispatches`]: ['post'],
  [`${repository}/actions/workflows/{workflow_id}/runs`]: ['get'],
  [`${repository}/actions/runs/{run_id}/cancel`]: ['post'],
  [`${repository}/installation`]: ['get'],
  '/app/installations/{installation_id}/access_tokens': ['post'],
  [`${repository}/environments`]: ['get'],
  [`${repository}/environments/{environment_name}`]: ['get', 'put'],
  [`${repository}/environments/{environment_name}/deployment-branch-policies`]: ['get', 'post'],
  [`${repository}/environments/{environment_name}/variables`]: ['get', 'post'],
  [`${repository}/environments/{environment_name}/variables/{name}`]: ['get', 'patch'],
  [`${repository}/actions/variables`]: ['get', 'post'],
  [`${repository}/actions/variables/{name}`]: ['get', 'patch'],
  [`${repository}/issues`]: ['get', 'post'],
  [`${repository}/issues/{issue_number}`]: ['get', 'patch'],
  [`${repository}/issues/{issue_number}/comments`]: ['get', 'post'],
  [`${repository}/issues/{issue_number}/labels`]: ['post'],
  [`${repository}/labels`]: ['get', 'post'],
  [`${repository}/labels/{name}`]: ['get'],
  ...secretPaths(`${repository}/environments/{environment_name}/secrets`),
  ...merge(secretApps.map((app) => secretPaths(`${repository}/${app}/secrets`))),
  ...merge(secretApps.map((app) => organizationSecretPaths(`/orgs/{org}/${app}/secrets`)))
}

// Prose and samples are most of the file; none of it is needed to validate.
const prose = new Set(['description', 'summary', 'example', 'examples', 'externalDocs', 'tags', 'x-github'])

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type JsonObject = { [key: string]: Json }

const source = JSON.parse(
  process.argv[2] ? readFileSync(process.argv[2], 'utf8') : fetchDescription()
) as JsonObject
const components: Record<string, JsonObject> = {}
const info = source['info'] as JsonObject
const extract = {
  openapi: source['openapi'],
  info: { title: 'What the sandbox plays of GitHub', version: info['version'], license: info['license'] },
  paths: Object.fromEntries(
    Object.entries(wanted).map(([path, methods]) => [path, extractPath(path, methods)])
  ),
  components
}
writeFileSync(target, `${JSON.stringify(extract)}\n`)
console.log(
  `${target}: ${Object.keys(extract.paths).length} paths of version ${JSON.stringify(info['version'])}`
)

function merge(parts: readonly Record<string, readonly string[]>[]): Record<string, readonly string[]> {
  return Object.fromEntries(parts.flatMap((part) => Object.entries(part)))
}

function secretPaths(root: string): Record<string, readonly string[]> {
  return {
    [root]: ['get'],
    [`${root}/public-key`]: ['get'],
    [`${root}/{secret_name}`]: ['get', 'put', 'delete']
  }
}

function organizationSecretPaths(root: string): Record<string, readonly string[]> {
  return { ...secretPaths(root), [`${root}/{secret_name}/repositories`]: ['get'] }
}

function extractPath(path: string, methods: readonly string[]): Json {
  const item = (source['paths'] as Record<string, JsonObject>)[path]
  if (item === undefined) throw new Error(`${path} is not described`)
  return Object.fromEntries(
    methods.map((method) => {
      const operation = item[method]
      if (operation === undefined) throw new Error(`${method} ${path} is not described`)
      return [method, strip(operation, false)]
    })
  )
}

/** A copy without prose, which also pulls in every component that it refers to. */
function strip(value: Json, namesProperties: boolean): Json {
  if (Array.isArray(value)) return value.map((item) => strip(item, false))
  if (typeof value !== 'object' || value === null) return value
  if (typeof value['$ref'] === 'string') include(value['$ref'])
  const stripped: JsonObject = Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => namesProperties || !isProse(key))
      // Keys below `properties` are names of data, where "description" is no prose.
      .map(([key, inner]) => [key, strip(inner, !namesProperties && key === 'properties')])
  )
  return namesProperties ? stripped : repair(stripped)
}

/** What validators stumble over in GitHub's description, said so that they understand it. */
function repair(schema: JsonObject): Json {
  const { nullable, ...rest } = schema
  if (schema['name'] === 'created' && schema['in'] === 'query') {
    // Described as a single time, while the documentation has it take ranges such as ">=2026-01-01".
    return { ...schema, schema: { type: 'string' } }
  }
  if (nullable !== true) return schema
  // Validators take "nullable" beside a "type" only, and want null among the values of an "enum".
  if (!('type' in rest)) return { anyOf: [rest, { enum: [null] }] }
  return Array.isArray(rest['enum']) ? { ...schema, enum: [...new Set([...rest['enum'], null])] } : schema
}

function isProse(key: string): boolean {
  return prose.has(key) || key.startsWith('x-')
}

function include(reference: string): void {
  const [, , kind, name] = reference.split('/')
  if (kind === undefined || name === undefined) throw new Error(`${reference} cannot be resolved`)
  if (kind === 'examples') return
  const group = (components[kind] ??= {})
  if (name in group) return
  group[name] = null
  const component = (source['components'] as Record<string, JsonObject>)[kind]?.[name]
  if (component === undefined) throw new Error(`${reference} is not described`)
  group[name] = strip(component, false)
}

function fetchDescription(): string {
  const folder = mkdtempSync(join(tmpdir(), 'github-openapi-'))
  try {
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '@octokit/openapi', '--json', '--pack-destination', folder], {
        encoding: 'utf8'
      })
    ) as { filename: string }[]
    if (packed === undefined) throw new Error('npm packed nothing')
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', folder, member])
    return readFileSync(join(folder, member), 'utf8')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
