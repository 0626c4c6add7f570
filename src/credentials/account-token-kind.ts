import * as v from 'valibot'
import { MAX_ACCOUNT_TOKENS } from '../cloudflare/limits.ts'
import { readTokens, type CloudflareServices } from '../cloudflare/services.ts'
import { LONGEST_SCHEDULE_GAP_MS, formatDuration } from '../kernel/clock.ts'
import { described, lifetime, name, slots, text } from '../kernel/fields.ts'
import type { CredentialSituation, ProbesSchema, Remark } from '../kernel/kinds.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { CredentialKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { AccountToken } from './account-token.ts'

/** A token that expires sooner can expire within the run that makes it; in milliseconds. */
const MIN_LIFETIME_MS = 600_000

const permission = v.strictObject({
  groups: described(
    v.pipe(
      v.array(text('the name or id of a permission group')),
      v.minLength(1, 'must hold at least one permission group')
    ),
    'Names or ids of permission groups; ids are stable, names are not.'
  ),
  resources: described(
    v.optional(v.record(v.string(), v.unknown())),
    'Which resources, as the API takes them; left out, the whole account.'
  )
})

const schema = (probes: ProbesSchema) =>
  v.strictObject({
    name,
    type: v.literal('account-token'),
    ttl: described(
      v.pipe(
        lifetime,
        v.check((ms) => ms >= MIN_LIFETIME_MS, 'must be at least 10m: a run may take that long')
      ),
      'Lifetime of the new token.'
    ),
    secrets: described(
      v.strictObject({ value: slots }),
      'The secret names of the token, which are environment names at once.'
    ),
    permissions: described(
      v.optional(v.pipe(v.array(permission), v.minLength(1, 'must hold at least one permission'))),
      'What the new token may do; left out, what the current one may, with its conditions.'
    ),
    verify: described(
      probes,
      'Checks that a new token must pass, in addition to being active and having the right permissions.'
    )
  })

type Configuration = v.InferOutput<ReturnType<typeof schema>>

/** An account API token. */
export const accountTokenKind: CredentialKind<Configuration, DriverServices & CloudflareServices> = {
  type: 'account-token',
  form: 'api-token',
  schema,
  permissions: () => [{ role: 'tokens', permission: 'Account API Tokens Write' }],
  findProblems: ({ ttl }, { every }) =>
    every === undefined || ttl > every
      ? []
      : [
          {
            path: 'ttl',
            message: `must be longer than \`every\` (${formatDuration(every)}), better twice as long: otherwise the tokens expire before they are replaced`
          }
        ],
  findWarnings,
  requestHeaders: ({ value }): Readonly<Record<string, string>> =>
    value === undefined ? {} : { authorization: `Bearer ${value.reveal()}` },
  inventory: {
    label: 'account API tokens',
    limit: MAX_ACCOUNT_TOKENS,
    list: async (services) =>
      (await readTokens(services)).map(({ id, name, status, expires_on }) => ({
        id,
        name,
        alive: status === 'active',
        expires: expires_on != null
      }))
  },
  create: (configuration, services, { fields, probes, headroom }) => {
    const { clock, random, secrets, cancelled } = services
    const account = services.account('tokens')
    const wholeAccount = { [`com.cloudflare.api.account.${account.accountId}`]: '*' }
    return new AccountToken({
      name: configuration.name,
      lifetimeMs: configuration.ttl,
      ...withoutUndefined({
        permissions: configuration.permissions?.map(({ groups, resources = wholeAccount }) => ({
          groups,
          resources
        }))
      }),
      account,
      tokens: () => readTokens(services),
      ...{ fields, probes, clock, random, secrets, cancelled, headroom }
    })
  }
}

function findWarnings({ ttl }: Configuration, { every, event }: CredentialSituation): readonly Remark[] {
  if (every !== undefined && ttl < 2 * every) {
    return [
      {
        path: 'ttl',
        message: `${formatDuration(ttl)} is less than twice \`every\` (${formatDuration(every)}): one missed rotation would let both slots expire.`
      }
    ]
  }
  if (ttl >= LONGEST_SCHEDULE_GAP_MS || event !== 'schedule') return []
  return [
    {
      path: 'ttl',
      message:
        `${formatDuration(ttl)} is shorter than the gaps that GitHub's cron is known to leave (6.5 h): with a \`schedule\` trigger both ` +
        'slots can expire between two runs. Use at least 24h, or a trigger that is punctual.'
    }
  ]
}
