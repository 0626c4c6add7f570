import type { Call } from '../sandbox/transcript.ts'
import type { World } from './world.ts'

/** Calls that scenarios interfere with, as the transcript names them. */
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
  readWorkflow: 'GET /repos/:owner/:repo/actions/workflows/:workflow_id',
  startWorkflow: 'POST /repos/:owner/:repo/actions/workflows/:workflow_id/dispatches',
  listWorkflowRuns: 'GET /repos/:owner/:repo/actions/workflows/:workflow_id/runs',
  cancelRun: 'POST /repos/:owner/:repo/actions/runs/:run_id/cancel',
  readRun: 'GET /repos/:owner/:repo/actions/runs/:run_id',
  listIssues: 'GET /repos/:owner/:repo/issues',
  openIssue: 'POST /repos/:owner/:repo/issues',
  changeIssue: 'PATCH /repos/:owner/:repo/issues/:issue_number'
} as const

/** Makes a predicate for calls of one kind. */
export function isCall(kind: keyof typeof CALLS, path: RegExp | string = ''): (call: Call) => boolean {
  return (call) => call.operation === CALLS[kind] && call.path.search(path) !== -1
}

/** Lists the calls that changed something. */
export function writesOf({ sandbox }: World): readonly Call[] {
  return sandbox.transcript.calls.filter(({ method, applied }) => method !== 'GET' && applied)
}

/** Calls of an Access rotation that scenarios interfere with, as the transcript names them. */
export const ACCESS_CALLS = {
  listTokens: 'GET /accounts/:account_id/access/service_tokens',
  createToken: 'POST /accounts/:account_id/access/service_tokens',
  readToken: 'GET /accounts/:account_id/access/service_tokens/:service_token_id',
  updateToken: 'PUT /accounts/:account_id/access/service_tokens/:service_token_id',
  rotateToken: 'POST /accounts/:account_id/access/service_tokens/:service_token_id/rotate',
  deleteToken: 'DELETE /accounts/:account_id/access/service_tokens/:service_token_id',
  listPolicies: 'GET /accounts/:account_id/access/policies',
  editPolicy: 'PUT /accounts/:account_id/access/policies/:policy_id',
  listApplications: 'GET /accounts/:account_id/access/apps',
  listAppPolicies: 'GET /accounts/:account_id/access/apps/:app_id/policies',
  editAppPolicy: 'PUT /accounts/:account_id/access/apps/:app_id/policies/:policy_id',
  listGroups: 'GET /accounts/:account_id/access/groups',
  editGroup: 'PUT /accounts/:account_id/access/groups/:group_id',
  putSecret: 'PUT /repos/:owner/:repo/environments/:environment_name/secrets/:secret_name',
  listSecrets: 'GET /repos/:owner/:repo/environments/:environment_name/secrets',
  listRuns: 'GET /repos/:owner/:repo/actions/runs'
} as const

/** Makes a predicate for calls of one kind. */
export function isAccessCall(
  kind: keyof typeof ACCESS_CALLS,
  path: RegExp | string = ''
): (call: Call) => boolean {
  return (call) => call.operation === ACCESS_CALLS[kind] && call.path.search(path) !== -1
}

/** Whether a call is one of the protected service. */
export function isProbe(call: Call): boolean {
  return call.api === 'service'
}
