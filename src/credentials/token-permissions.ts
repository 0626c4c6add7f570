import type { TokenAnswer } from '../cloudflare/answers.ts'

/** What a token may do and where from, as a creation takes it. */
export interface TokenPermissions {
  readonly policies: readonly TokenPolicy[]
  readonly condition: TokenCondition | undefined
}

/** One policy; without the ids that Cloudflare adds, since it refuses them in a creation. */
export interface TokenPolicy {
  readonly effect: 'allow' | 'deny'
  readonly permission_groups: readonly { readonly id: string }[]
  readonly resources: Readonly<Record<string, unknown>>
}

/** Addresses that a token may or may not be used from. */
export interface TokenCondition {
  readonly request_ip: { readonly in?: readonly string[]; readonly not_in?: readonly string[] }
}

/** Takes over what a token may do, in the form that a creation accepts. */
export function writablePermissions(answer: Pick<TokenAnswer, 'policies' | 'condition'>): TokenPermissions {
  const ip = answer.condition?.request_ip
  const condition: TokenCondition['request_ip'] = {
    ...(ip?.in == null ? {} : { in: ip.in }),
    ...(ip?.not_in == null ? {} : { not_in: ip.not_in })
  }
  return {
    policies: answer.policies.map(({ effect, permission_groups, resources }) => ({
      effect,
      permission_groups: permission_groups.map(({ id }) => ({ id })),
      resources
    })),
    condition: Object.keys(condition).length === 0 ? undefined : { request_ip: condition }
  }
}

/** Says how a token differs from what was asked for; undefined when it does not. Order means nothing: the API may reorder policies. */
export function differenceOf(
  expected: TokenPermissions,
  actual: Pick<TokenAnswer, 'policies' | 'condition'>
): string | undefined {
  const written = writablePermissions(actual)
  const wanted = new Set(expected.policies.flatMap(grantsOf))
  const got = new Set(written.policies.flatMap(grantsOf))
  const missing = wanted.difference(got).size
  const extra = got.difference(wanted).size
  if (missing > 0 || extra > 0) return `${missing} grants are missing and ${extra} were added`
  if (canonical(expected.condition ?? null) !== canonical(written.condition ?? null))
    return 'its client IP filter differs'
  return undefined
}

/** Every single grant of a policy, so that policies which are merged or split compare equal. */
function grantsOf({ effect, permission_groups, resources }: TokenPolicy): readonly string[] {
  return Object.entries(resources).flatMap(([resource, scope]) =>
    permission_groups.map(({ id }) => canonical({ effect, id, resource, scope }))
  )
}

/** JSON with sorted keys and sorted lists of texts. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (Array.isArray(inner))
      return inner.every((item) => typeof item === 'string') ? [...inner].sort() : (inner as unknown[])
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
