import type { PermissionGroupListResponse } from 'cloudflare/resources/accounts/tokens/permission-groups'

/** A permission group as the account's list shows it. */
export type PermissionGroup = Required<Pick<PermissionGroupListResponse, 'id' | 'name' | 'scopes'>>

const account = 'com.cloudflare.api.account'
const zone = 'com.cloudflare.api.account.zone'

function group(id: string, name: string, scope: typeof account | typeof zone = account): PermissionGroup {
  return { id, name, scopes: [scope] }
}

/** The groups that the sandbox knows. Names are Cloudflare's; ids are stable, and only some are Cloudflare's own. */
export const permissionGroups: readonly PermissionGroup[] = [
  group('eb56a6953c034b9d97dd838155666f06', 'Account API Tokens Read'),
  group('5bc3f8b21c554832afc660159ab75fa4', 'Account API Tokens Write'),
  group('26bc23f853634eb4bff59983b9064fde', 'Access: Organizations, Identity Providers, and Groups Read'),
  group('bfe0d8686a584fa680f4c53b5eb0de6d', 'Access: Organizations, Identity Providers, and Groups Write'),
  group('7ea222f6d5064cfa89ea366d7c1fee89', 'Access: Apps and Policies Read'),
  group('959972745952452f8be2452be8cbb9f2', 'Access: Apps and Policies Write'),
  group('91f7ce32fa614d73b7e1fc8f0e78582b', 'Access: Service Tokens Read'),
  group('a1c0fec57cf94af79479a6d827fa518c', 'Access: Service Tokens Write'),
  group('192192df92ee43ac90f2aeeffce67e35', 'D1 Read'),
  group('09b2857d1c31407795e75e3fed8617a1', 'D1 Write'),
  group('82e64a83756745bbbb1c9c2701bf816b', 'DNS Read', zone),
  group('4755a26eedb94da69e1066d98aa820be', 'DNS Write', zone),
  group('5d0c4e8b9a2f4d6c8e1b7a3f2c9d6e02', 'Email Sending Write'),
  group('3f1c6a2be7d94c35a0b4c8d2e6f7a901', 'Secrets Store Read'),
  group('7a4d1e9c5b8243f6b0c3d2e1f4a5b607', 'Secrets Store Write'),
  group('8b47d2786a534c08a1f94ee8f9f599ef', 'Workers KV Storage Read'),
  group('f7f0eda5697f475c90846e879bab8666', 'Workers KV Storage Write'),
  group('1a71c399035b4950a1bd1466bbe4f420', 'Workers Scripts Read'),
  group('e086da7e2179491d91ee5f35b3ca210a', 'Workers Scripts Write'),
  group('c8fed203ed3043cba015a93ad1616f1f', 'Zone Read', zone),
  group('e6d2666161e84845a636613608cee8d5', 'Zone Write', zone)
]

const byId = new Map(permissionGroups.map((known) => [known.id, known]))
const byName = new Map(permissionGroups.map((known) => [known.name, known]))

/** The group with this id, if the sandbox knows it. */
export function findPermissionGroup(id: string): PermissionGroup | undefined {
  return byId.get(id)
}

/** The group with this name; throws on a name that the sandbox does not know. */
export function getPermissionGroup(name: string): PermissionGroup {
  const found = byName.get(name)
  if (found === undefined) throw new Error(`no permission group is named ${name}`)
  return found
}
