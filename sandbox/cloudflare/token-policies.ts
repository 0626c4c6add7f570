import type { TokenPolicy, TokenPolicyParam } from 'cloudflare/resources/shared'
import { invalidRequest } from './cloudflare-error.ts'
import type { TokenOwner } from './token-owner.ts'
import { findPermissionGroup, getPermissionGroup, isUserScoped } from './permission-groups.ts'
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

/** Writes the policies that grant permission groups, given by name: a group of the user's is granted on the user, any other on the account. */
export function grantGroups(
  groups: readonly string[],
  { accountId, userId }: CloudflareContext
): readonly TokenPolicyParam[] {
  const found = groups.map((group) => getPermissionGroup(group))
  const grant = (
    resource: string,
    granted: readonly { readonly id: string }[]
  ): readonly TokenPolicyParam[] =>
    granted.length === 0
      ? []
      : [
          {
            effect: 'allow',
            permission_groups: granted.map(({ id }) => ({ id })),
            resources: { [resource]: '*' }
          }
        ]
  return [
    ...grant(
      `com.cloudflare.api.account.${accountId}`,
      found.filter(({ id }) => !isUserScoped(id))
    ),
    ...grant(
      `com.cloudflare.api.user.${userId}`,
      found.filter(({ id }) => isUserScoped(id))
    )
  ]
}
