/** Permissions by what the paths of their calls have in them, the more special first; Cloudflare's own answer names none. */
const PERMISSIONS: readonly (readonly [RegExp, string])[] = [
  [/\/secrets_store\//, 'Secrets Store Write'],
  [/\/storage\/kv\//, 'Workers KV Storage Write'],
  [/\/d1\//, 'D1 Write'],
  [/\/email\/sending/, 'Email Sending Write'],
  [/\/access\/service_tokens/, 'Access: Service Tokens Write'],
  [/\/access\/groups/, 'Access: Organizations, Identity Providers, and Groups Write'],
  [/\/access\//, 'Access: Apps and Policies Write'],
  [/\/accounts\/[^/]+\/tokens/, 'Account API Tokens Write']
]

/** The permission that a call of this program needs, as Cloudflare's API names it; undefined for a call that is not known. */
export function findNeededPermission(path: string): string | undefined {
  return PERMISSIONS.find(([pattern]) => pattern.test(path))?.[1]
}
