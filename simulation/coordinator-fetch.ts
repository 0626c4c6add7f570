import type { SimulatedProcess } from './process.ts'

/** Address of the coordinator in simulated configurations. */
export const COORDINATOR_URL = 'https://coordinator.example.workers.dev'

/** Coordinator of a run, and the process that asks it. */
export interface Coordinated {
  readonly coordinator?: (request: Request) => Promise<Response>
  readonly process?: SimulatedProcess
}

/** Wraps `fetch`, so that requests to {@link COORDINATOR_URL} reach the coordinator. A process that was killed asks nothing. */
export function withCoordinator(
  fetch: typeof globalThis.fetch,
  { coordinator, process }: Coordinated
): typeof globalThis.fetch {
  if (coordinator === undefined) return fetch
  return (input, init) => {
    const request = new Request(input, init)
    if (!request.url.startsWith(`${COORDINATOR_URL}/`)) return fetch(input, init)
    return process?.isDead === true ? new Promise(() => undefined) : coordinator(request)
  }
}
