import type { Finding } from '../rotation/model/finding.ts'

/** Says that an account may have no room for what a rotation makes: Cloudflare raises its limits on request, so that the creation itself decides. */
export function findLimit(
  credential: string,
  {
    count,
    added,
    limit,
    what
  }: { readonly count: number; readonly added: number; readonly limit: number; readonly what: string }
): readonly Finding[] {
  const room = limit - count
  // An account that has more already was given more.
  if (room < 0 || room >= added) return []
  return [
    {
      kind: 'limit-close',
      severity: 'warning',
      on: credential,
      message: `${credential}: with the new ones the account has ${count + added} ${what}, and Cloudflare allows ${limit} unless it has raised the limit.`,
      action: `Delete ${what} that are not in use, or ask Cloudflare for more.`
    }
  ]
}
