import { RotationError } from '../kernel/error.ts'
import type { RunDescription } from '../session/launch.ts'
import { readApiUrl } from './inputs.ts'

/** Context of the run, from the `GITHUB_*` variables of the runner. */
export interface RunContext extends Required<RunDescription> {
  readonly workspace: string
  /** Directory that is emptied after the job. */
  readonly temp: string
  readonly githubApiUrl: string
}

/** Reads the run's context. @throws RotationError `bad-input` outside a workflow run */
export function readRunContext(env: NodeJS.ProcessEnv): RunContext {
  const findings: string[] = []
  const need = (name: string, pattern: RegExp): string => {
    const value = env[name] ?? ''
    if (!pattern.test(value)) findings.push(`${name} is not set as GitHub Actions sets it`)
    return value
  }
  const repository = need('GITHUB_REPOSITORY', /^[^/\s]+\/[^/\s]+$/)
  const runId = need('GITHUB_RUN_ID', /^\d{1,20}$/)
  // Other runners, such as Gitea's and Forgejo's, do not count attempts.
  const attempt =
    (env['GITHUB_RUN_ATTEMPT'] ?? '') === '' ? 1 : Number(need('GITHUB_RUN_ATTEMPT', /^\d{1,5}$/))
  const githubApiUrl = readApiUrl(
    'GITHUB_API_URL',
    env['GITHUB_API_URL'] || 'https://api.github.com',
    findings
  )
  if (findings.length > 0) {
    throw new RotationError(
      'bad-input',
      ['This is not a GitHub Actions run:', ...findings.map((finding) => `  ${finding}`)].join('\n'),
      {
        hint: 'Use the action as a step of a workflow.'
      }
    )
  }
  const actor = env['GITHUB_ACTOR'] ?? ''
  return {
    runId,
    attempt,
    repository,
    runUrl: `${env['GITHUB_SERVER_URL'] || 'https://github.com'}/${repository}/actions/runs/${runId}`,
    workflow:
      (env['GITHUB_WORKFLOW_REF'] ?? '').replace(/@.*$/, '') ||
      `${repository}/${env['GITHUB_WORKFLOW'] ?? ''}`,
    event: env['GITHUB_EVENT_NAME'] ?? '',
    actor,
    triggeringActor: env['GITHUB_TRIGGERING_ACTOR'] || actor,
    workspace: env['GITHUB_WORKSPACE'] || '.',
    temp: env['RUNNER_TEMP'] || '.',
    githubApiUrl,
    actionRepository: env['GITHUB_ACTION_REPOSITORY'] ?? '',
    actionRef: env['GITHUB_ACTION_REF'] ?? ''
  }
}
