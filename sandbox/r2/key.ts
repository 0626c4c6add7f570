import { createHash } from 'node:crypto'
import type { AccountToken } from '../cloudflare/account-tokens.ts'
import { grants, isAllowedFrom } from '../cloudflare/authentication.ts'
import { isAccountScoped } from '../cloudflare/permission-groups.ts'
import type { Bucket } from '../cloudflare/r2.ts'
import type { CloudflareState } from '../cloudflare/state.ts'

/** The secret access key of a token: the SHA-256 of its value, in hex. */
export function secretAccessKeyOf({ value }: Pick<AccountToken, 'value'>): string {
  return createHash('sha256').update(value).digest('hex')
}

/** Finds the token whose id is an access key id. */
export function findKeyToken({ tokens, userTokens }: CloudflareState, id: string): AccountToken | undefined {
  return tokens.find(id) ?? userTokens.find(id)
}

/** Finds the token that one half of a key belongs to, the access key id or the secret. */
export function findKeyOwner(
  { tokens, userTokens }: CloudflareState,
  half: string
): AccountToken | undefined {
  if (!/^[0-9a-f]{32}(?:[0-9a-f]{32})?$/.test(half)) return undefined
  return (
    tokens.find(half) ??
    userTokens.find(half) ??
    [...tokens.all, ...userTokens.all].find((token) => secretAccessKeyOf(token) === half)
  )
}

/** Whether the key of a token is accepted now, whatever its permissions. */
export function isKeyAlive(cloudflare: CloudflareState, token: AccountToken): boolean {
  return cloudflare.classifyToken(token.value).works && isAllowedFrom(token, cloudflare.callerIp)
}

const ON_ACCOUNT = ['Workers R2 Storage Read', 'Workers R2 Storage Write']
const ON_BUCKET = ['Workers R2 Storage Bucket Item Read', 'Workers R2 Storage Bucket Item Write']

/** Whether a token may list a bucket: by a permission on the account, or on this bucket. */
export function mayList(
  { accountId }: Pick<CloudflareState, 'accountId'>,
  token: AccountToken,
  { name: bucket, jurisdiction }: Bucket
): boolean {
  return (
    grants(
      token,
      [`com.cloudflare.api.account.${accountId}`],
      ({ id, name = '' }) => ON_ACCOUNT.includes(name) && isAccountScoped(id)
    ) ||
    grants(token, [`com.cloudflare.edge.r2.bucket.${accountId}_${jurisdiction}_${bucket}`], ({ name = '' }) =>
      ON_BUCKET.includes(name)
    )
  )
}
