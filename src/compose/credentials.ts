import { listServiceTokens, type Caller } from '../cloudflare/lists.ts'
import type { CredentialConfiguration } from '../config/schema.ts'
import { AccessServiceToken } from '../credentials/access-service-token.ts'
import { AccountToken } from '../credentials/account-token.ts'
import { Admission, readRuleLists, type RuleLists } from '../credentials/access-policies.ts'
import type { CredentialPort, FieldSlots, Probe, Reporter } from '../rotation/model/ports.ts'
import { createProbe } from './probes.ts'
import type { Workshop } from './services.ts'

/** What the credentials of one rotation share. */
export interface CredentialContext {
  readonly storeIds: readonly string[]
  readonly reporter: Reporter
  /** How many of its kind the rotation makes at once. */
  readonly headroom: number
}

/** What both kinds of credential are made from. */
interface OwnParts {
  readonly fields: readonly FieldSlots[]
  readonly probes: readonly Probe[]
}

/** Makes a credential. */
export function createCredential(
  shop: Workshop,
  configuration: CredentialConfiguration,
  context: CredentialContext
): CredentialPort {
  const fields = Object.entries(configuration.secrets).map(([field, { primary, secondary }]): FieldSlots => ({
    field,
    primary,
    ...(secondary === undefined ? {} : { secondary })
  }))
  const probes = configuration.verify.map((probe) => createProbe(shop, probe, { fields, ...context }))
  return configuration.type === 'account-token'
    ? createAccountToken(shop, configuration, { fields, probes, ...context })
    : createServiceToken(shop, configuration, { fields, probes, ...context })
}

function createAccountToken(
  shop: Workshop,
  configuration: Extract<CredentialConfiguration, { type: 'account-token' }>,
  { fields, probes, headroom }: CredentialContext & OwnParts
): CredentialPort {
  const { clock, random, secrets, cancelled } = shop.parts
  const account = shop.account('tokens')
  const wholeAccount = { [`com.cloudflare.api.account.${account.accountId}`]: '*' }
  const permissions = configuration.permissions?.map(({ groups, resources }) => ({
    groups,
    resources: resources ?? wholeAccount
  }))
  return new AccountToken({
    name: configuration.name,
    fields,
    lifetimeMs: configuration.ttl,
    ...(permissions === undefined ? {} : { permissions }),
    probes,
    account,
    tokens: () => shop.tokens(),
    ...{ clock, random, secrets, cancelled, headroom }
  })
}

function createServiceToken(
  shop: Workshop,
  configuration: Extract<CredentialConfiguration, { type: 'access-service-token' }>,
  { fields, probes, reporter, headroom }: CredentialContext & OwnParts
): CredentialPort {
  const { clock, secrets, cancelled } = shop.parts
  const account = shop.account('access')
  const caller: Caller = (request) => account.call(request)
  const replaces = configuration.strategy === 'replace'
  const lists = (): Promise<RuleLists> => shop.oncePerRun('access rules', () => readRuleLists(caller))
  return new AccessServiceToken({
    name: configuration.name,
    fields,
    ...(configuration.duration === undefined ? {} : { duration: configuration.duration }),
    ...(replaces ? {} : { graceMs: configuration.grace }),
    probes,
    ownProbes: probes.filter(({ readsOnly }) => readsOnly),
    account,
    admission: new Admission({ caller, editor: shop.ruleEditor, lists, reporter }),
    observesRules: replaces,
    rules: lists,
    tokens: () => shop.serviceTokens(),
    freshTokens: () => listServiceTokens(caller),
    ...{ clock, secrets, cancelled, headroom }
  })
}
