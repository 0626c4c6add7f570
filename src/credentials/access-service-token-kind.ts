import * as v from 'valibot'
import { MAX_SERVICE_TOKENS } from '../cloudflare/limits.ts'
import { listServiceTokens } from '../cloudflare/lists.ts'
import { RuleEditor } from '../cloudflare/access/rule-editor.ts'
import { callWith, readServiceTokens, type CloudflareServices } from '../cloudflare/services.ts'
import { described, duration, matching, name, pairOf, slots, unknownCurrent } from '../kernel/fields.ts'
import type { ProbesSchema } from '../kernel/kinds.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import type { CredentialContext, CredentialKind } from '../rotation/model/kinds.ts'
import type { CredentialPort, FieldValues } from '../rotation/model/ports.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { AccessPolicies } from './service-token/access-policies.ts'
import { AccessServiceToken, type AccessServiceTokenOptions } from './service-token/access-service-token.ts'
import { RefreshedServiceToken } from './service-token/refreshed-service-token.ts'
import {
  RotatedServiceToken,
  type RotatedServiceTokenOptions
} from './service-token/rotated-service-token.ts'
import { readRuleLists, type RuleLists } from './service-token/rule-lists.ts'

const schema = (probes: ProbesSchema) =>
  v.strictObject({
    name,
    type: v.literal('access-service-token'),
    duration: described(
      v.optional(matching(/^([1-9]\d{0,8}h|forever)$/, 'a validity in hours such as 8760h, or forever')),
      "Validity of a new token, as Cloudflare takes it; left out, the current one's."
    ),
    strategy: described(
      v.optional(
        v.picklist(['replace', 'rotate', 'refresh'], 'must be replace, rotate or refresh'),
        'replace'
      ),
      '`replace` makes a new token and admits it beside the old one. `rotate` keeps the client id and makes a new secret in place; a run that is ' +
        'interrupted can lose that secret, and the next run must rotate again within the grace. `refresh` extends the validity and changes no secret.'
    ),
    grace: described(
      v.pipe(
        v.optional(duration, '24h'),
        v.check((ms) => ms >= 3_600_000 && ms <= 30 * 86_400_000, 'must be between 1h and 30d')
      ),
      'With `strategy: rotate`: how long the previous secret remains valid if a run is interrupted.'
    ),
    secrets: described(
      v.union(
        [
          v.strictObject({ 'client-id': slots, 'client-secret': slots }),
          v.strictObject({ pair: pairOf(['client-id', 'client-secret']) })
        ],
        'must have client-id and client-secret, or pair'
      ),
      'The secret names of the pair, which are environment names at once; with `pair` both values are in one secret.'
    ),
    ...unknownCurrent,
    verify: described(
      probes,
      'Probes that a new pair must pass; `http` probes also confirm that the old one is revoked.'
    )
  })

type Configuration = v.InferOutput<ReturnType<typeof schema>>
type Services = DriverServices & CloudflareServices

/** An Access service token: a pair of client id and client secret. */
export const accessServiceTokenKind: CredentialKind<Configuration, Services> = {
  type: 'access-service-token',
  form: 'service-token',
  schema,
  permissions: () => [{ role: 'access', permission: 'Access: Service Tokens Write' }],
  endsPrevious: ({ strategy }) => strategy === 'rotate',
  publicFields: ['client-id'],
  // In place there is one current secret and one previous one, which the grace ends: SECONDARY would not work until the next rotation.
  findProblems: ({ strategy, secrets, current }) => {
    if (strategy === 'replace') return []
    const hasSecondary = Object.values(secrets).some(({ secondary }) => secondary !== undefined)
    return [
      ...(hasSecondary
        ? [
            {
              path: 'strategy',
              message: `must not be ${strategy} where there is a secondary: use replace, which keeps the previous pair until the next rotation, or take the secondary out`
            }
          ]
        : []),
      ...(current === 'unknown'
        ? [{ path: 'strategy', message: `must not be ${strategy} with \`current: unknown\`: use replace` }]
        : [])
    ]
  },
  findWarnings: ({ strategy, verify }, { provesRevocation }) => {
    if (provesRevocation || strategy === 'refresh') return []
    const message =
      verify.length === 0
        ? 'there is no probe: it will not be confirmed that the new pair works, nor that the old one is revoked.'
        : 'there is no http probe: it cannot be confirmed that the old pair is revoked, since commands are not run with it.'
    return [{ path: 'verify', message }]
  },
  inventory: {
    label: 'Access service tokens',
    limit: MAX_SERVICE_TOKENS,
    list: async (services) =>
      (await readServiceTokens(services)).map(({ id, name, enabled, expires_at }) => ({
        id,
        name,
        alive: enabled !== false,
        expires: expires_at != null
      }))
  },
  requestHeaders,
  create: createServiceToken
}

/** The headers by which Access takes a service token; Cloudflare's documentation. */
function requestHeaders(values: FieldValues): Readonly<Record<string, string>> {
  const id = values['client-id']
  const secret = values['client-secret']
  if (id === undefined || secret === undefined) return {}
  return { 'CF-Access-Client-Id': id.reveal(), 'CF-Access-Client-Secret': secret.reveal() }
}

/** The driver of each strategy. */
const STRATEGIES: Readonly<
  Record<
    Configuration['strategy'],
    (options: AccessServiceTokenOptions & RotatedServiceTokenOptions) => CredentialPort
  >
> = {
  replace: (options) => new AccessServiceToken(options),
  rotate: (options) => new RotatedServiceToken(options),
  refresh: (options) => new RefreshedServiceToken(options)
}

function createServiceToken(
  { name, duration, strategy, grace, adopt }: Configuration,
  services: Services,
  { fields, current, probes, reporter, headroom }: CredentialContext
): CredentialPort {
  const { clock, secrets, cancelled } = services
  const caller = callWith(services, 'access')
  const readRules = (): Promise<RuleLists> => readRuleLists(caller)
  const rules = (): Promise<RuleLists> => services.readOnce('access rules', readRules)
  const freshLists = (): Promise<RuleLists> => services.readNow('access rules', readRules)
  const editor = services.shared('rule editor', () => new RuleEditor(caller))
  return STRATEGIES[strategy]({
    ...{ name, fields, current, probes, headroom, rules, clock, secrets, cancelled },
    ...withoutUndefined({ duration, adopt }),
    graceMs: grace,
    account: services.account('access'),
    accessPolicies: new AccessPolicies({ caller, editor, lists: rules, freshLists, reporter }),
    tokens: () => readServiceTokens(services),
    freshTokens: () => listServiceTokens(caller)
  })
}
