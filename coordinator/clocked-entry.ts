/** The coordinator on a clock that tests and the demo set. Bundled for the Workers runtime, never deployed. */
import worker, { RotationClock, RotationLock, type Env } from './src/index.ts'
import type { LockState } from './src/rotation-lock.ts'

export { RotationLock }

/** The Worker and its objects share one isolate here. */
let now = 0

type State = Pick<LockState, 'storage'> & { abort(reason: string): void }

/** The real class with an injected clock. */
export class ClockedClock extends RotationClock {
  readonly #state: State

  constructor(state: State, env: Env) {
    super(state, env, { now: () => now, fetch: (input, init) => globalThis.fetch(input, init) })
    this.#state = state
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/abort') return await super.fetch(request)
    this.#state.abort('restarted by a test')
    return new Response(null)
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const at = request.headers.get('x-test-now')
    if (at !== null) now = Number(at)
    const { CLOCK: clock } = env
    if (new URL(request.url).pathname !== '/test/abort' || clock === undefined)
      return await worker.fetch(request, env)
    const object = clock.get(clock.idFromName('clock'))
    await object.fetch('https://clock/abort', { method: 'POST' }).catch(() => undefined)
    return new Response(null, { status: 204 })
  },

  async scheduled(controller: { readonly scheduledTime: number }, env: Env): Promise<void> {
    now = controller.scheduledTime
    await worker.scheduled(controller, env)
  }
}
