import type { Call } from '../../sandbox/transcript.ts'
import type { World } from '../../simulation/world.ts'

/** Lengths of time in milliseconds. */
export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
/** The lock's time to live in the default configuration, with a little more. */
export const LEASE = 5 * MINUTE + SECOND

/** The calls that stories interfere with, as the transcript names them. */
export const CALLS = {
  listTokens: 'GET /accounts/:account_id/tokens',
  verifyToken: 'GET /accounts/:account_id/tokens/verify',
  readToken: 'GET /accounts/:account_id/tokens/:token_id',
  createToken: 'POST /accounts/:account_id/tokens',
  deleteToken: 'DELETE /accounts/:account_id/tokens/:token_id',
  listStore: 'GET /accounts/:account_id/secrets_store/stores/:store_id/secrets',
  createStored: 'POST /accounts/:account_id/secrets_store/stores/:store_id/secrets',
  editStored: 'PATCH /accounts/:account_id/secrets_store/stores/:store_id/secrets/:secret_id',
  readLock: 'GET /accounts/:account_id/storage/kv/namespaces/:namespace_id/values/:key',
  writeLock: 'PUT /accounts/:account_id/storage/kv/namespaces/:namespace_id/values/:key',
  deleteLock: 'DELETE /accounts/:account_id/storage/kv/namespaces/:namespace_id/values/:key',
  listSecrets: 'GET /repos/:owner/:repo/environments/:environment_name/secrets',
  putSecret: 'PUT /repos/:owner/:repo/environments/:environment_name/secrets/:secret_name',
  readRun: 'GET /repos/:owner/:repo/actions/runs/:run_id',
  listIssues: 'GET /repos/:owner/:repo/issues',
  openIssue: 'POST /repos/:owner/:repo/issues',
  changeIssue: 'PATCH /repos/:owner/:repo/issues/:issue_number'
} as const

/** When a process dies. */
export interface Death {
  /** The call during which it dies. */
  readonly at: (call: Call) => boolean
  /** The how-manieth of these calls it is; left out, the first. */
  readonly nth?: number
  /** Whether the API still carries that call out. */
  readonly when: 'before' | 'after'
}

/**
 * Lets the process die: from that moment on no call of it reaches anybody, and it hears nothing any more.
 * @returns brings the network back, for the next process
 */
export function dieDuring({ sandbox }: World, { at, nth = 1, when }: Death): () => void {
  let seen = 0
  let fatal: Call | undefined
  return sandbox.onCall(({ phase, call }) => {
    if (fatal === undefined && phase === 'before' && at(call) && ++seen === nth) fatal = call
    if (fatal === undefined) return
    if (call === fatal ? phase === when : phase === 'before') {
      throw new TypeError('fetch failed', {
        cause: Object.assign(new Error('the process is gone'), { code: 'UND_ERR_SOCKET' })
      })
    }
  })
}

/** Tells calls of one kind. */
export function isCall(kind: keyof typeof CALLS, path: RegExp | string = ''): (call: Call) => boolean {
  return (call) => call.operation === CALLS[kind] && call.path.search(path) !== -1
}

/** Calls that changed something. */
export function writesOf({ sandbox }: World): readonly Call[] {
  return sandbox.transcript.calls.filter(({ method, applied }) => method !== 'GET' && applied)
}
