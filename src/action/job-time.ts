import { readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { parseYaml } from '../config/yaml.ts'
import type { Secret } from '../kernel/secret.ts'

/** `timeout-minutes` of a job that does not set it, by GitHub's documentation. */
const DEFAULT_MINUTES = 360
/** Validity of the token of a GitHub App, by GitHub's documentation. */
const APP_TOKEN_MINUTES = 60
/** What came before in the job, or will come after; in minutes. */
const MARGIN_MINUTES = 3
/** How a token of an installed GitHub App begins. */
const APP_TOKEN = /^ghs_/

/** What {@link findJobEnd} needs. */
export interface JobFacts {
  readonly env: NodeJS.ProcessEnv
  readonly workspace: string
  readonly githubSecretsToken: Secret | undefined
  /** When this process began, in milliseconds since the epoch. */
  readonly now: number
}

/**
 * Computes when the job must have ended, in milliseconds since the epoch: after its `timeout-minutes`, as far as the workflow is checked out, and while
 * the token of the GitHub App is valid.
 */
export async function findJobEnd({ env, workspace, githubSecretsToken, now }: JobFacts): Promise<number> {
  const minutes = (await readTimeout(env, workspace)) ?? DEFAULT_MINUTES
  const isOfApp = githubSecretsToken !== undefined && APP_TOKEN.test(githubSecretsToken.reveal())
  const most = isOfApp ? Math.min(minutes, APP_TOKEN_MINUTES) : minutes
  return now + Math.max(most - MARGIN_MINUTES, most / 2) * 60_000
}

/** `timeout-minutes` of this job; undefined where the workflow does not tell. */
async function readTimeout(env: NodeJS.ProcessEnv, workspace: string): Promise<number | undefined> {
  const path = /^[^/]+\/[^/]+\/(\.(?:github|gitea|forgejo)\/workflows\/[^@]+)/.exec(
    env['GITHUB_WORKFLOW_REF'] ?? ''
  )?.[1]
  if (path === undefined || normalize(path) !== path) return undefined
  try {
    const workflow = parseYaml(await readFile(join(workspace, path), 'utf8'), path)
    const minutes = at(at(at(workflow, 'jobs'), env['GITHUB_JOB'] ?? ''), 'timeout-minutes')
    return typeof minutes === 'number' && minutes > 0 ? minutes : undefined
  } catch {
    // It is only an estimate, and a run without it is as safe.
    return undefined
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([name]) => name === key)?.[1]
    : undefined
}
