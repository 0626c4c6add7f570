import { listServiceTokens, type CloudflareCall } from '../cloudflare/lists.ts'
import type { CredentialConfiguration } from '../config/schema.ts'
import { AccessServiceToken } from '../credentials/access-service-token.ts'
import { AccountToken } from '../credentials/account-token.ts'
import { AccessPolicies, readRuleLists, type RuleLists } from '../credentials/access-policies.ts'
import { RotatedServiceToken } from '../credentials/rotated-service-token.ts'
import type { CredentialPort, FieldSlots, Probe, Reporter } from '../rotation/model/ports.ts'
import { createProbe } from './probes.ts'
import type { RunServices } from './services.ts'

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
  services: RunServices,
  configuration: CredentialConfiguration,
  context: CredentialContext
): CredentialPort {
  const fields = Object.entries(configuration.secrets).map(([field, { primary, secondary }]): FieldSlots => ({
    field,
    primary,
    ...(secondary === undefined ? {} : { secondary })
  }))
  const probes = configuration.verify.map((probe) => createProbe(services, probe, { fields, ...context }))
  return configuration.type === 'account-token'
    ? createAccountToken(services, configuration, { fields, probes, ...context })
    : createServiceToken(services, configuration, { fields, probes, ...context })
}

function createAccountToken(
  services: RunServices,
  configuration: Extract<CredentialConfiguration, { type: 'account-token' }>,
  { fields, probes, headroom }: CredentialContext & OwnParts
): CredentialPort {
  const { clock, random, secrets, cancelled } = services.dependencies
  const account = services.account('tokens')
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
    tokens: () => services.tokens(),
    ...{ clock, random, secrets, cancelled, headroom }
  })
}

function createServiceToken(
  services: RunServices,
  configuration: Extract<CredentialConfiguration, { type: 'access-service-token' }>,
  { fields, probes, reporter, headroom }: CredentialContext & OwnParts
): CredentialPort {
  const { clock, secrets, cancelled } = services.dependencies
  const account = services.account('access')
  const caller: CloudflareCall = (request) => account.call(request)
  const lists = (): Promise<RuleLists> => services.oncePerRun('access rules', () => readRuleLists(caller))
  const shared = {
    name: configuration.name,
    fields,
    probes,
    account,
    accessPolicies: new AccessPolicies({ caller, editor: services.ruleEditor, lists, reporter }),
    tokens: () => services.serviceTokens(),
    freshTokens: () => listServiceTokens(caller),
    ...{ clock, secrets, cancelled }
  }
  if (configuration.strategy === 'rotate')
    return new RotatedServiceToken({ ...shared, graceMs: configuration.grace })
  const { duration } = configuration
  return new AccessServiceToken({
    ...shared,
    ...(duration === undefined ? {} : { duration }),
    headroom,
    rules: lists
  })
}
