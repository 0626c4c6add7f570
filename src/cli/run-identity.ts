import { randomInt } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { RunDescription } from '../session/launch.ts'
import { formOutsideRunId } from '../rotation/model/managed-name.ts'
import type { RepositoryPlace } from './repository.ts'

/** Describes the run of a command: who started it where, for locks, records and alerts. */
export function describeRun(
  { repository, serverUrl }: RepositoryPlace,
  { workflow, env }: { readonly workflow: string; readonly env: NodeJS.ProcessEnv }
): RunDescription {
  const actor = toWord(findUser(env))
  const digits = Array.from({ length: 10 }, () => randomInt(10)).join('')
  return {
    runId: formOutsideRunId(digits),
    attempt: 1,
    repository,
    // This run has no page: who finds its lock held is told where it runs.
    runUrl: `${serverUrl}/${repository}#rotate-action:${actor}@${toWord(hostname())}:${process.pid}`,
    workflow: `${repository}/.github/workflows/${workflow}`,
    event: 'command-line',
    actor,
    triggeringActor: actor
  }
}

/** A user without an entry in the system's list has no name. */
function findUser(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username
  } catch {
    return env['USER'] ?? ''
  }
}

function toWord(text: string): string {
  return text.replace(/[^\w.-]/g, '').slice(0, 64) || 'unknown'
}
