/** The coordinator with a clock that tests move, and a way to ring its alarm; bundled for the Workers runtime, never deployed. */
import worker, { RotationLock, type Env } from '../../coordinator/src/index.ts'
import type { LockState } from '../../coordinator/src/rotation-lock.ts'

/** How far the clock is ahead of the real one, in milliseconds; Worker and objects run in one isolate here. */
let ahead = 0

/** The real class, with its clock given. */
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
