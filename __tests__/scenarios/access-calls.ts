import type { AccessAutomation } from '../../sandbox/seed-access.ts'
import type { Call } from '../../sandbox/transcript.ts'
import type { World } from '../../simulation/world.ts'
import { HOUR } from './calls.ts'

/** Lengths of time in milliseconds. */
export const DAY = 24 * HOUR

/** The calls of an Access rotation that stories interfere with, as the transcript names them. */
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

/** Tells calls of one kind. */
export function isAccessCall(
  kind: keyof typeof ACCESS_CALLS,
  path: RegExp | string = ''
): (call: Call) => boolean {
  return (call) => call.operation === ACCESS_CALLS[kind] && call.path.search(path) !== -1
}

/** Calls of the protected service. */
export function isProbe(call: Call): boolean {
  return call.api === 'service'
}

/** The automation of a world that has one. */
export function automationOf({ automation }: World): AccessAutomation {
  if (automation === undefined) throw new Error('the world has no automation')
  return automation
}
