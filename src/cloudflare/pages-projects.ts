import * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { parseInstant } from '../kernel/clock.ts'
import type { CloudflareCall } from './lists.ts'

/** Environment of a Pages project. */
export type PagesEnvironment = 'production' | 'preview'

/** Variables by name: a text has its value, a secret never has. */
export type PagesVariables = ReadonlyMap<string, { readonly isSecret: boolean; readonly text: string }>

/** Deployment that serves, as far as this program reads it. */
export interface PagesDeployment {
  /** Milliseconds since the epoch; undefined where Cloudflare's answer does not say. */
  readonly createdAt: number | undefined
  /** What its code reads; undefined where Cloudflare does not say. */
  readonly variables: PagesVariables | undefined
}

/** What serves an environment: `none` only where Cloudflare says so. */
export type ServingDeployment = PagesDeployment | 'none' | 'unknown'

/** Pages project. */
export interface PagesProject {
  /** What the next deployment gets. */
  readonly variables: Readonly<Record<PagesEnvironment, PagesVariables>>
  /** The production deployment that serves. */
  readonly production: ServingDeployment
}

/** Pages of deployments, the newest first, of which none serves before it is given up. */
const MAX_PAGES = 10

const variablesSchema = v.optional(
  v.nullable(
    v.record(
      v.string(),
      v.nullable(v.looseObject({ type: v.string(), value: v.optional(v.nullable(v.string())) }))
    )
  )
)
const deploymentSchema = v.looseObject({
  created_on: v.string(),
  is_skipped: v.optional(v.nullable(v.boolean())),
  latest_stage: v.looseObject({ name: v.string(), status: v.string() }),
  env_vars: variablesSchema
})
const configSchema = v.optional(v.nullable(v.looseObject({ env_vars: variablesSchema })))
const projectSchema = v.looseObject({
  canonical_deployment: v.optional(v.nullable(deploymentSchema)),
  deployment_configs: v.looseObject({ production: configSchema, preview: configSchema })
})

/** Reads a project. */
export async function readPagesProject(call: CloudflareCall, project: string): Promise<PagesProject> {
  const answer = await call((sdk, account_id) => sdk.pages.projects.get(project, { account_id }))
  const { canonical_deployment, deployment_configs } = parseAnswer(
    projectSchema,
    answer,
    'reading a Pages project'
  )
  const { production, preview } = deployment_configs
  return {
    variables: {
      production: toVariables(production?.env_vars) ?? new Map(),
      preview: toVariables(preview?.env_vars) ?? new Map()
    },
    production: toServing(canonical_deployment)
  }
}

/** Finds the newest preview deployment that serves. */
export async function findPreview(call: CloudflareCall, project: string): Promise<ServingDeployment> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const { result } = await call((sdk, account_id) =>
      sdk.pages.projects.deployments.list(project, { account_id, env: 'preview', page })
    )
    const found = parseAnswer(v.array(deploymentSchema), result, 'listing the deployments of a Pages project')
    if (found.length === 0) return 'none'
    const serving = found.filter(serves).map(toDeployment)
    if (serving.some(({ createdAt }) => createdAt === undefined)) return 'unknown'
    const [newest] = serving.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0))
    if (newest !== undefined) return newest
  }
  return 'unknown'
}

type Deployment = v.InferOutput<typeof deploymentSchema>

function serves({ is_skipped, latest_stage: { name, status } }: Deployment): boolean {
  return is_skipped !== true && name === 'deploy' && status === 'success'
}

function toServing(deployment: Deployment | null | undefined): ServingDeployment {
  if (deployment === undefined) return 'unknown'
  return deployment === null ? 'none' : toDeployment(deployment)
}

function toDeployment({ created_on, env_vars }: Deployment): PagesDeployment {
  return { createdAt: parseInstant(created_on), variables: toVariables(env_vars) }
}

function toVariables(variables: v.InferOutput<typeof variablesSchema>): PagesVariables | undefined {
  if (variables == null) return undefined
  return new Map(
    Object.entries(variables).flatMap(([name, variable]) => {
      if (variable === null) return []
      return [[name, { isSecret: variable.type === 'secret_text', text: variable.value ?? '' }] as const]
    })
  )
}
