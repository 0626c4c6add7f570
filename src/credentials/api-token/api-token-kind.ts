import * as v from 'valibot'
import { readTokens, type CloudflareServices } from '../../cloudflare/services.ts'
import type { TokenRoutes } from '../../cloudflare/token-routes.ts'
import { LONGEST_SCHEDULE_GAP_MS, formatDuration } from '../../kernel/clock.ts'
import { described, lifetime, name, pairOf, slots, text, unknownCurrent } from '../../kernel/fields.ts'
import type {
  CredentialSituation,
  ProbesSchema,
  Remark,
  RolePermission,
  RotationTiming
} from '../../kernel/kinds.ts'
import { withoutUndefined } from '../../kernel/optional.ts'
import type { CredentialContext, CredentialKind } from '../../rotation/model/kinds.ts'
import type { CredentialPort } from '../../rotation/model/ports.ts'
import type { DriverServices } from '../../rotation/model/services.ts'
import { ApiToken, type ApiTokenOptions } from './api-token.ts'
import { ACCESS_KEY_ID, SECRET_ACCESS_KEY, VALUE } from './r2-key.ts'

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

/** The token's value, or the R2 key that is derived from it, or both. */
const secrets = v.pipe(
  v.strictObject({
    [VALUE]: described(
      v.exactOptional(slots),
      'The token. One name for one slot, or a name for each of the two.'
    ),
    [ACCESS_KEY_ID]: described(
      v.exactOptional(slots),
      'Its R2 access key id: the id of the token. It is not a secret.'
    ),
    [SECRET_ACCESS_KEY]: described(
      v.exactOptional(slots),
      'Its R2 secret access key: the SHA-256 of the token, in hex.'
    ),
    pair: described(
      v.exactOptional(pairOf([ACCESS_KEY_ID, SECRET_ACCESS_KEY])),
      'The R2 key in one secret, so that one write changes both of its values.'
    )
  }),
  v.check(
    (fields) => (fields[ACCESS_KEY_ID] === undefined) === (fields[SECRET_ACCESS_KEY] === undefined),
    'must have both access-key-id and secret-access-key, or neither: one is of no use without the other'
  ),
  v.check(
    (fields) => fields.pair === undefined || fields[ACCESS_KEY_ID] === undefined,
    'must have either pair or access-key-id and secret-access-key'
  ),
  v.check(
    (fields) => Object.keys(fields).length > 0,
    'must have value, access-key-id and secret-access-key, or pair'
  )
)

const createSchema =
  <const T extends string>(type: T) =>
  (probes: ProbesSchema) =>
    v.strictObject({
      name,
      type: v.literal(type),
      ttl: described(
        v.pipe(
          lifetime,
          v.check((ms) => ms >= MIN_LIFETIME_MS, 'must be at least 10m: a run may take that long')
        ),
        'Lifetime of the new token.'
      ),
      secrets: described(
        secrets,
        'The secret names of the token, of the R2 key that is derived from it, or of both; they are environment names at once.'
      ),
      ...unknownCurrent,
      permissions: described(
        v.optional(v.pipe(v.array(permission), v.minLength(1, 'must hold at least one permission'))),
        'What the new token may do; left out, what the current one may, with its conditions.'
      ),
      verify: described(
        probes,
        'Checks that a new token must pass, in addition to being active and having the right permissions.'
      )
    })

type Configuration = v.InferOutput<ReturnType<ReturnType<typeof createSchema>>>
type Services = DriverServices & CloudflareServices

/** One kind of API token. */
export interface ApiTokenKindOptions<T extends string> {
  readonly type: T
  readonly routes: TokenRoutes
  /** How many tokens Cloudflare allows their owner by default. */
  readonly limit: number
  /** The permission that their rotation needs. */
  readonly permission: RolePermission
}

/** Makes the descriptor of a kind of API token: kinds differ in their owner, and so in their routes. */
export function createApiTokenKind<const T extends string>({
  type,
  routes,
  limit,
  permission
}: ApiTokenKindOptions<T>): CredentialKind<Configuration & { readonly type: T }, Services> {
  return {
    type,
    form: 'api-token',
    schema: createSchema(type),
    permissions: () => [permission],
    publicFields: [ACCESS_KEY_ID],
    findProblems,
    findWarnings,
    requestHeaders: ({ value }): Readonly<Record<string, string>> =>
      value === undefined ? {} : { authorization: `Bearer ${value.reveal()}` },
    inventory: {
      label: routes.label,
      limit,
      owner: routes.owner,
      list: async (services) =>
        (await readTokens(services, routes)).map(({ id, name, status, expires_on }) => ({
          id,
          name,
          alive: status === 'active',
          expires: expires_on != null
        }))
    },
    create: (configuration, services, context) =>
      createToken(configuration, services, { ...context, routes, limit })
  }
}

function createToken(
  { type, name, ttl, permissions, adopt }: Configuration,
  services: Services,
  {
    fields,
    current,
    probes,
    headroom,
    routes,
    limit
  }: CredentialContext & Pick<ApiTokenOptions, 'routes' | 'limit'>
): CredentialPort {
  const { clock, random, secrets, cancelled } = services
  const account = services.account('tokens')
  const wholeAccount = { [`com.cloudflare.api.account.${account.accountId}`]: '*' }
  return new ApiToken({
    ...{
      type,
      name,
      fields,
      current,
      probes,
      headroom,
      routes,
      limit,
      account,
      clock,
      random,
      secrets,
      cancelled
    },
    lifetimeMs: ttl,
    ...withoutUndefined({
      adopt,
      permissions: permissions?.map(({ groups, resources = wholeAccount }) => ({ groups, resources }))
    }),
    tokens: () => readTokens(services, routes)
  })
}

function findProblems({ ttl }: Configuration, { every }: RotationTiming): readonly Remark[] {
  if (every === undefined || ttl > every) return []
  return [
    {
      path: 'ttl',
      message: `must be longer than \`every\` (${formatDuration(every)}), better twice as long: otherwise the tokens expire before they are replaced`
    }
  ]
}

function findWarnings(configuration: Configuration, situation: CredentialSituation): readonly Remark[] {
  return [...findLifetimeWarnings(configuration, situation), ...findProbeWarnings(configuration, situation)]
}

/** Only R2 tells whether a secret access key belongs to its id, where the token itself is not there to be asked. */
function findProbeWarnings(
  { secrets }: Configuration,
  { provesRevocation }: CredentialSituation
): readonly Remark[] {
  if (secrets.value !== undefined || provesRevocation) return []
  return [
    {
      path: 'verify',
      message:
        'there is no s3 probe: it will not be confirmed that the new key works, nor that the old one is revoked.'
    }
  ]
}

function findLifetimeWarnings(
  { ttl }: Configuration,
  { every, event }: CredentialSituation
): readonly Remark[] {
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
