/** Permissions by parts of the path of a call, the more specific first; Cloudflare's answers name none. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/\/secrets_store\//, 'Secrets Store Write'],
  [/\/storage\/kv\//, 'Workers KV Storage Write'],
  [/\/d1\//, 'D1 Write'],
  [/\/email\/sending/, 'Email Sending Write'],
  [/\/workers\/scripts\//, 'Workers Scripts Write'],
  [/\/pages\/projects\//, 'Pages Write'],
  [/\/access\/service_tokens/, 'Access: Service Tokens Write'],
  [/\/access\/groups/, 'Access: Organizations, Identity Providers, and Groups Write'],
  [/\/access\//, 'Access: Apps and Policies Write'],
  [/\/accounts\/[^/]+\/tokens/, 'Account API Tokens Write'],
  [/\/user\/tokens/, 'API Tokens Write']
]

/** The permission that a call needs, as Cloudflare's API names it; undefined for an unknown call. */
export function findNeededPermission(path: string): string | undefined {
  return PERMISSIONS.find(([pattern]) => pattern.test(path))?.[1]
}
