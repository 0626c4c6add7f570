import type { CommandRequest, CommandResult, CommandStream } from '../src/kernel/command.ts'
import type { Clock } from '../src/kernel/clock.ts'

/**
 * Creates a stand-in for the `r2` command, since no process can be started while time is simulated: `r2 share worker create` and `list` make the
 * calls of the real command.
 */
export function createSimulatedR2(
  fetch: typeof globalThis.fetch,
  { baseUrl, clock }: { readonly baseUrl: string; readonly clock: Clock }
) {
  return async ({ command, env, timeoutMs }: CommandRequest): Promise<CommandResult> => {
    const [, verb, bucket, path] = /^r2 share worker (create|list) (\S+) (\S+)/.exec(command) ?? []
    if (verb === undefined) return ended(127, { stderr: stream(`${command}: command not found`) })
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
      const text = await response.text()
      return response.ok
        ? ended(0, { stdout: stream(text) })
        : ended(1, { stderr: stream(`r2: ${response.status} ${text}`) })
    } catch (thrown) {
      if (signal.aborted) return { ...ended(0), ending: { state: 'timed-out' } }
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      return ended(1, { stderr: stream(`r2: ${message}`) })
    }
  }
}

function stream(text: string): CommandStream {
  return { text, cut: false }
}

function ended(exitCode: number, streams: Partial<CommandResult> = {}): CommandResult {
  return { ending: { state: 'exited', exitCode }, stdout: stream(''), stderr: stream(''), ...streams }
}
