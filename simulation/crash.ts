import type { Call } from '../sandbox/transcript.ts'
import type { Crash } from './process.ts'
import type { World } from './world.ts'

/**
 * Kills the process: from then on none of its calls reaches a server, and it gets no responses.
 * @returns restores the network for the next process
 */
export function crashDuring({ sandbox }: World, { at, nth = 1, when }: Crash): () => void {
  let index = 0
  let seen = 0
  let fatal: Call | undefined
  return sandbox.onCall(({ phase, call }) => {
    if (phase === 'before') index += 1
    if (fatal === undefined && phase === 'before' && at(call, index) && ++seen === nth) fatal = call
    if (fatal === undefined) return
    if (call === fatal ? phase === when : phase === 'before') {
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('the process is gone'), { code: 'UND_ERR_SOCKET' })
      })
    }
  })
}
