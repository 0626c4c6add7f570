import type { Finding } from '../rotation/model/finding.ts'

/** Warning for an account or a user that may not have room for the new credentials. Cloudflare raises limits on request, so only the creation itself decides. */
export function findLimit(
  credential: string,
  {
    count,
    added,
    limit,
    what,
    owner = 'account'
  }: {
    readonly count: number
    readonly added: number
    readonly limit: number
    readonly what: string
    readonly owner?: 'account' | 'user'
  }
): readonly Finding[] {
  const room = limit - count
  // An account above the default limit has a raised one.
  if (room < 0 || room >= added) return []
  return [
    {
      kind: 'limit-close',
      severity: 'warning',
      on: credential,
      message: `${credential}: with the new ones the ${owner} has ${count + added} ${what}, and Cloudflare allows ${limit} unless it has raised the limit.`,
      action: `Delete ${what} that are not in use, or ask Cloudflare for more.`
    }
  ]
}
