import type { CommandRequest, CommandResult } from '../src/probes/command.ts'
import type { Clock } from '../src/rotation/clock.ts'

/**
 * Stands in for the `r2` command where no process can be started, because time is simulated: `r2 share worker create` and `list` become the
 * calls that the real command makes.
 */
export function createSimulatedR2(
  fetch: typeof globalThis.fetch,
  { baseUrl, clock }: { readonly baseUrl: string; readonly clock: Clock }
) {
  return async ({ command, env, timeoutMs }: CommandRequest): Promise<CommandResult> => {
    const [, verb, bucket, path] = /^r2 share worker (create|list) (\S+) (\S+)/.exec(command) ?? []
    if (verb === undefined) return { exitCode: 127, output: `${command}: command not found`, timedOut: false }
    const headers = {
      'cf-access-client-id': env['R2_EXPLORER_ACCESS_CLIENT_ID'] ?? '',
      'cf-access-client-secret': env['R2_EXPLORER_ACCESS_CLIENT_SECRET'] ?? '',
      'content-type': 'application/json'
    }
    const { signal } = clock.deadline(timeoutMs)
    const init = { headers, redirect: 'manual', signal } as const
    try {
      const response =
        verb === 'create'
          ? await fetch(`${baseUrl}/api/v2/shares`, {
              ...init,
              method: 'POST',
              body: JSON.stringify({ bucket, path, expires_in: 3600, max_downloads: 1 })
            })
          : await fetch(`${baseUrl}/api/v2/shares?bucket=${bucket}&path=${path}`, init)
      const output = await response.text()
      return {
        exitCode: response.ok ? 0 : 1,
        output: response.ok ? output : `r2: ${response.status} ${output}`,
        timedOut: false
      }
    } catch (thrown) {
      if (signal.aborted) return { exitCode: undefined, output: '', timedOut: true }
      return {
        exitCode: 1,
        output: `r2: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        timedOut: false
      }
    }
  }
}
