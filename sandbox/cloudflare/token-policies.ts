import type { TokenPolicy, TokenPolicyParam } from 'cloudflare/resources/shared'
import { invalidRequest } from './cloudflare-error.ts'
import type { TokenOwner } from './token-owner.ts'
import { findPermissionGroup, isUserScoped } from './permission-groups.ts'
import type { CloudflareContext } from './state.ts'

/** Converts policies to the form that Cloudflare stores: with ids and the names of groups. */
export function settlePolicies(
  policies: readonly TokenPolicyParam[],
  { accountId, userId, entropy }: CloudflareContext,
  { isUser }: TokenOwner
): TokenPolicy[] {
  return policies.map((policy) => {
    checkResources(Object.keys(policy.resources), { accountId, userId: isUser ? userId : undefined })
    if (!isUser && policy.permission_groups.some(({ id }) => isUserScoped(id)))
      throw invalidRequest('an account token cannot have permissions of a user')
    return {
      id: entropy.hex(32),
      effect: policy.effect,
      permission_groups: policy.permission_groups.map(settleGroup),
      resources: policy.resources
    }
  })
}

function checkResources(
  resources: readonly string[],
  { accountId, userId }: { accountId: string; userId: string | undefined }
): void {
  for (const resource of resources) {
    if (!/^com\.cloudflare\.(api|edge)\./.test(resource)) throw invalidRequest(`unknown resource ${resource}`)
    const [, account] = /^com\.cloudflare\.api\.account\.([^.]+)$/.exec(resource) ?? []
    if (account !== undefined && account !== '*' && account !== accountId) {
      throw invalidRequest(`resource ${resource} belongs to another account`)
    }
    const [, bucketOf] = /^com\.cloudflare\.edge\.r2\.bucket\.([^_]+)_[a-z]+_/.exec(resource) ?? []
    if (bucketOf !== undefined && bucketOf !== accountId)
      throw invalidRequest(`resource ${resource} belongs to another account`)
    const [, user] = /^com\.cloudflare\.api\.user\.(.+)$/.exec(resource) ?? []
    if (user !== undefined && user !== userId)
      throw invalidRequest(`resource ${resource} belongs to another user`)
  }
}

function settleGroup({ id, meta }: TokenPolicyParam.PermissionGroup): TokenPolicy.PermissionGroup {
  const group = findPermissionGroup(id)
  if (group === undefined) throw invalidRequest(`permission group ${id} does not exist`)
  return meta === undefined ? { id, name: group.name } : { id, name: group.name, meta }
}
