import type { PermissionGroupListResponse } from 'cloudflare/resources/accounts/tokens/permission-groups'

/** Permission group as the account's list shows it. */
export type PermissionGroup = Required<Pick<PermissionGroupListResponse, 'id' | 'name' | 'scopes'>>

const account = 'com.cloudflare.api.account'
const zone = 'com.cloudflare.api.account.zone'
const bucket = 'com.cloudflare.edge.r2.bucket'
const user = 'com.cloudflare.api.user'

/** Scopes of a permission group. */
export type PermissionScope = typeof account | typeof zone | typeof bucket | typeof user

function group(id: string, name: string, scope: PermissionScope = account): PermissionGroup {
  return { id, name, scopes: [scope] }
}

/**
 * Permission groups that the sandbox knows. Names are Cloudflare's, seven of them twice: account-scoped and zone-scoped. Ids are stable, and not all
 * of them are Cloudflare's own.
 */
export const permissionGroups: readonly PermissionGroup[] = [
  group('eb56a6953c034b9d97dd838155666f06', 'Account API Tokens Read'),
  group('5bc3f8b21c554832afc660159ab75fa4', 'Account API Tokens Write'),
  group('0cc3a61731504c89b99ec1be78b77aa0', 'API Tokens Read', user),
  group('686d18d5ac6c441c867cbf6771e58a0a', 'API Tokens Write', user),
  group('26bc23f853634eb4bff59983b9064fde', 'Access: Organizations, Identity Providers, and Groups Read'),
  group('bfe0d8686a584fa680f4c53b5eb0de6d', 'Access: Organizations, Identity Providers, and Groups Write'),
  group('7ea222f6d5064cfa89ea366d7c1fee89', 'Access: Apps and Policies Read'),
  group('eb258a38ea634c86a0c89da6b27cb6b6', 'Access: Apps and Policies Read', zone),
  group('9d24387c6e8544e2bc4024a03991339f', 'Access: Apps and Policies Revoke'),
  group('6ac2d5b8f0a34e17b9c41d7e3f5806a2', 'Access: Apps and Policies Revoke', zone),
  group('1e13c5124ca64b72b1969a67e8829049', 'Access: Apps and Policies Write'),
  group('959972745952452f8be2452be8cbb9f2', 'Access: Apps and Policies Write', zone),
  group('91f7ce32fa614d73b7e1fc8f0e78582b', 'Access: Service Tokens Read'),
  group('a1c0fec57cf94af79479a6d827fa518c', 'Access: Service Tokens Write'),
  group('192192df92ee43ac90f2aeeffce67e35', 'D1 Read'),
  group('09b2857d1c31407795e75e3fed8617a1', 'D1 Write'),
  group('2b5f7c9e1d3a4860b8c6e4f2a0d91753', 'Disable ESC Read'),
  group('c7e1a3f5092b4d6e8f0a1c3b5d7e9f12', 'Disable ESC Read', zone),
  group('83d6b0f4a2c14e5797b9d1f3e5a70c68', 'Disable ESC Write'),
  group('18935e8c7d2f4b60a5e3c9f1d7b40a26', 'Disable ESC Write', zone),
  group('82e64a83756745bbbb1c9c2701bf816b', 'DNS Read', zone),
  group('4755a26eedb94da69e1066d98aa820be', 'DNS Write', zone),
  group('5df633d6b41c42bcaf5b4a62b9d14b64', 'Email Sending Write'),
  group('6a315a56f18441e59ed03352369ae956', 'Logs Read'),
  group('c4a30cd58c5d42619c86a3c36c441e2d', 'Logs Read', zone),
  group('96163bd1b0784f62b3e44ed8c2ab1eb6', 'Logs Write'),
  group('3e0b5820118e47f3922f7c989e673882', 'Logs Write', zone),
  group('e247aedd66bd41cc9193af0213416666', 'Pages Read'),
  group('8d28297797f24fb8a0c332fe0866ec89', 'Pages Write'),
  group('5e33b7d77788455c9fdf18cbd38ee5a0', 'Secrets Store Read'),
  group('adc8fa2bc6124928a8b3314dc63a1235', 'Secrets Store Write'),
  group('8b47d2786a534c08a1f94ee8f9f599ef', 'Workers KV Storage Read'),
  group('f7f0eda5697f475c90846e879bab8666', 'Workers KV Storage Write'),
  group('b4992e1108244f5d8bfbd5744320c2e1', 'Workers R2 Storage Read'),
  group('bf7481a1826f439697cb59a20b22293e', 'Workers R2 Storage Write'),
  group('6a018a9f2fc74eb6b293b0c548f38b39', 'Workers R2 Storage Bucket Item Read', bucket),
  group('2efd5506f9c8494dacb1fa10a3e7d5b6', 'Workers R2 Storage Bucket Item Write', bucket),
  group('1a71c399035b4950a1bd1466bbe4f420', 'Workers Scripts Read'),
  group('e086da7e2179491d91ee5f35b3ca210a', 'Workers Scripts Write'),
  group('c8fed203ed3043cba015a93ad1616f1f', 'Zone Read', zone),
  group('e6d2666161e84845a636613608cee8d5', 'Zone Write', zone)
]

const byId = new Map(permissionGroups.map((known) => [known.id, known]))

/** Finds the group with this id. */
export function findPermissionGroup(id: string): PermissionGroup | undefined {
  return byId.get(id)
}

/** Returns the group with this name, by default the account-scoped one of two; throws for an unknown name. */
export function getPermissionGroup(name: string, scope?: PermissionScope): PermissionGroup {
  const named = permissionGroups.filter((known) => known.name === name)
  const found =
    scope === undefined
      ? (named.find(({ scopes }) => scopes.includes(account)) ?? named[0])
      : named.find(({ scopes }) => scopes.includes(scope))
  if (found === undefined) throw new Error(`no permission group is named ${name}`)
  return found
}

/** Whether a group grants anything on an account itself, rather than on its zones or buckets. */
export function isAccountScoped(id: string): boolean {
  return byId.get(id)?.scopes.includes(account) ?? false
}

/** Whether a group grants anything on a user, which only tokens of a user can have. */
export function isUserScoped(id: string): boolean {
  return byId.get(id)?.scopes.includes(user) ?? false
}
