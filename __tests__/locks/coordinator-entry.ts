/** The coordinator with a clock and an alarm that tests control. Bundled for the Workers runtime, never deployed. */
import worker, { RotationLock, type Env } from '../../coordinator/src/index.ts'
import type { LockState } from '../../coordinator/src/rotation-lock.ts'

/** Offset of the clock from the real one, in milliseconds. The Worker and the objects share one isolate here. */
let ahead = 0

/** The real class with an injected clock. */
export class ClockedLock extends RotationLock {
  constructor(state: LockState, env: unknown) {
    super(state, env, () => Date.now() + ahead)
  }

  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/alarm') return await super.fetch(request)
    await this.alarm()
    return new Response(null, { status: 204 })
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/test/advance') {
      ahead += Number(searchParams.get('seconds')) * 1000
      return new Response(null, { status: 204 })
    }
    if (pathname === '/test/alarm') {
      const lock = env.LOCKS.get(env.LOCKS.idFromName(searchParams.get('lock') ?? ''))
      return await lock.fetch('https://lock/alarm', { method: 'POST' })
    }
    return await worker.fetch(request, env)
  }
}
