import { USER_AGENT } from '../http/user-agent.ts'
import { findUnsafeUrl } from '../kernel/safe-url.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import type { RunRecord } from '../rotation/record/schema.ts'

/** What the heartbeat uses of the run. */
export interface HeartbeatServices extends Pick<DriverServices, 'fetch' | 'clock' | 'reporter' | 'valuesOf'> {
  /** `heartbeat` is the environment variable that holds the URL; left out, there is no heartbeat. */
  readonly configuration: { readonly heartbeat?: string | undefined }
}

/** Time for the request, in milliseconds. */
const TIMEOUT_MS = 10_000

/**
 * Makes the heartbeat: its URL is fetched after each run that ended well (`locked` and `stale` do not count), so that a service such as healthchecks.io notices a run that did not come.
 * Its failure is a warning and fails nothing.
 */
export function createHeartbeat({
  configuration: { heartbeat: variable },
  ...services
}: HeartbeatServices): (record: RunRecord) => Promise<void> {
  return async ({ outcome }) => {
    if (variable === undefined || isFailure(outcome) || outcome === 'locked' || outcome === 'stale') return
    const problem = await ping(variable, services)
    if (problem !== undefined) services.reporter.warning(`heartbeat: $${variable} ${problem}`)
  }
}

/** @returns what went wrong, as the end of a sentence that begins with the variable; the URL is a secret */
async function ping(
  variable: string,
  { fetch, clock, valuesOf }: Pick<HeartbeatServices, 'fetch' | 'clock' | 'valuesOf'>
): Promise<string | undefined> {
  const url = valuesOf(variable)[0]?.reveal()
  if (url === undefined) return 'is not set or empty: give it to the step in `env`.'
  const unsafe = findUnsafeUrl(url)
  if (unsafe !== undefined) return `${unsafe}.`
  const deadline = clock.deadline(TIMEOUT_MS)
  try {
    const response = await fetch(url, { signal: deadline.signal, headers: { 'user-agent': USER_AGENT } })
    await response.body?.cancel()
    return response.ok ? undefined : `was fetched, and answered ${response.status}.`
  } catch {
    return deadline.signal.aborted ? `did not answer within ${TIMEOUT_MS / 1000} s.` : 'could not be reached.'
  } finally {
    deadline.clear()
  }
}
