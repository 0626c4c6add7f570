import type { AccountToken } from '../sandbox/cloudflare/account-tokens.ts'
import type { ServiceToken } from '../sandbox/cloudflare/service-tokens.ts'
import { isAdmitted } from '../sandbox/protected/admission.ts'
import { findKeyOwner, secretAccessKeyOf } from '../sandbox/r2/key.ts'
import type { CredentialConfiguration } from '../src/kernel/kinds.ts'
import type { World } from './world.ts'

/** Values of a slot by field; undefined where a secret does not exist. */
export type SlotValues = Readonly<Record<string, string | undefined>>

/** Actual state of the values in a slot, independent of what the code reports. */
export interface SlotTruth {
  readonly works: boolean
  /** Whether its object was deleted or disabled; an expired one was not. */
  readonly revoked: boolean
  /** Whether client id and client secret belong to different tokens. */
  readonly mixed: boolean
  /** Whether its client secret was replaced more than once: two secrets of a service token work at a time. */
  readonly superseded: boolean
  /** Ids of the objects that the values belong to. */
  readonly ids: readonly string[]
}

/** Object in the account that was not deleted. */
export interface AccountObject {
  readonly id: string
  readonly name: string
  readonly enabled: boolean
}

/** State of one kind of credential in the sandbox. */
interface CredentialReader {
  /** Determines the state of a slot from the state of the sandbox. */
  classify(world: World, values: SlotValues): SlotTruth
  /** Lists the objects of this kind that were not deleted. */
  existing(world: World): readonly AccountObject[]
  /** Lists the names of all objects of this kind, also deleted ones. */
  names(world: World): readonly string[]
  /** Lists every secret value of this kind that ever existed. */
  secrets(world: World): readonly string[]
}

type CredentialType = CredentialConfiguration['type']

/** Readers by the type of the credential. */
const READERS: Readonly<Record<CredentialType, CredentialReader>> = {
  'account-token': readerOfTokens(({ sandbox }) => sandbox.cloudflare.tokens),
  'user-token': readerOfTokens(({ sandbox }) => sandbox.cloudflare.userTokens),
  'access-service-token': {
    classify: (world, values) =>
      classifyPair(world, { clientId: values['client-id'], clientSecret: values['client-secret'] }),
    existing: ({ sandbox }) =>
      sandbox.cloudflare.access.serviceTokens.existing.map(({ id, name, enabled }) => ({
        id,
        name,
        enabled: enabled.current
      })),
    names: ({ sandbox }) => sandbox.cloudflare.access.serviceTokens.all.map(({ name }) => name),
    secrets: ({ sandbox }) =>
      sandbox.cloudflare.access.serviceTokens.all.flatMap(({ secrets }) => secrets.values)
  }
}

/** Determines the state of the values in a slot from the state of the sandbox. */
export function classifyValues(world: World, type: CredentialType, values: SlotValues): SlotTruth {
  return getReader(type).classify(world, values)
}

/** Lists the objects of some kinds of credential, by default of all, that were not deleted. */
export function existingObjects(
  world: World,
  types: Iterable<CredentialType> = Object.keys(READERS)
): readonly AccountObject[] {
  return [...new Set(types)].flatMap((type) => getReader(type).existing(world))
}

/** Lists the names of all objects, also deleted ones. */
export function objectNames(world: World): readonly string[] {
  return Object.values(READERS).flatMap((reader) => reader.names(world))
}

/** Lists every secret value of a credential that ever existed. */
export function secretValues(world: World): readonly string[] {
  return Object.values(READERS).flatMap((reader) => reader.secrets(world))
}

function getReader(type: CredentialType): CredentialReader {
  const reader = READERS[type]
  if (reader === undefined) throw new Error(`the credential ${type} is not simulated yet`)
  return reader
}

const NOTHING: SlotTruth = { works: false, revoked: false, mixed: false, superseded: false, ids: [] }

type Tokens = World['sandbox']['cloudflare']['tokens']

/** Reader of API tokens, whose slots may hold the derived key for R2 too. */
function readerOfTokens(tokensOf: (world: World) => Tokens): CredentialReader {
  return {
    classify: classifyToken,
    existing: (world) =>
      tokensOf(world).existing.map(({ id, name, disabled }) => ({ id, name, enabled: !disabled })),
    names: (world) => tokensOf(world).all.map(({ name }) => name),
    secrets: (world) => {
      const { all } = tokensOf(world)
      return [...all.map(({ value }) => value), ...all.filter(isR2Key).map(secretAccessKeyOf)]
    }
  }
}

/** Whether a token is there for R2, so that its key may be in a slot. */
function isR2Key({ policies }: AccountToken): boolean {
  return policies.some(({ permission_groups }) =>
    permission_groups.some(({ name = '' }) => name.startsWith('Workers R2 Storage'))
  )
}

function classifyToken({ sandbox: { cloudflare } }: World, values: SlotValues): SlotTruth {
  const given = Object.entries(values).flatMap(([field, value]) =>
    value === undefined ? [] : [{ field, value, token: findToken(cloudflare, field, value) }]
  )
  const tokens = new Set(given.flatMap(({ token }) => token ?? []))
  const verdicts = given.map(({ field, value, token }) =>
    cloudflare.classifyToken(field === 'value' ? value : (token?.value ?? ''))
  )
  return {
    works:
      given.length > 0 &&
      given.length === Object.keys(values).length &&
      tokens.size === 1 &&
      verdicts.every(({ works }) => works),
    revoked: verdicts.some(
      (verdict) => !verdict.works && (verdict.reason === 'deleted' || verdict.reason === 'disabled')
    ),
    mixed: tokens.size > 1,
    superseded: false,
    ids: [...tokens].map(({ id }) => id)
  }
}

/** Finds the token that one value of a slot belongs to. */
function findToken(
  cloudflare: World['sandbox']['cloudflare'],
  field: string,
  value: string
): AccountToken | undefined {
  return field === 'value' ? cloudflare.findToken(value) : findKeyOwner(cloudflare, value)
}

function classifyPair(
  world: World,
  { clientId, clientSecret }: { clientId: string | undefined; clientSecret: string | undefined }
): SlotTruth {
  if (clientId === undefined && clientSecret === undefined) return NOTHING
  const { serviceTokens } = world.sandbox.cloudflare.access
  const byId = clientId === undefined ? undefined : serviceTokens.findByClientId(clientId)
  const bySecret = clientSecret === undefined ? undefined : serviceTokens.findBySecret(clientSecret)
  const tokens = [...new Set([byId, bySecret].filter((token) => token !== undefined))]
  return {
    works:
      clientId !== undefined && clientSecret !== undefined && isPairAdmitted(world, clientId, clientSecret),
    revoked: tokens.some(isRevoked),
    mixed: byId !== bySecret,
    superseded: clientSecret !== undefined && bySecret?.secrets.isSuperseded(clientSecret) === true,
    ids: tokens.map(({ id }) => id)
  }
}

/** Whether the edge knows the pair and a policy of the application admits it. */
function isPairAdmitted(
  { sandbox, automation, clock }: World,
  clientId: string,
  clientSecret: string
): boolean {
  const { access } = sandbox.cloudflare
  const verdict = access.serviceTokens.classify(clientId, clientSecret)
  if (!verdict.works || automation === undefined) return false
  const caller = { clientId, tokenId: verdict.token.id, ip: access.callerIp }
  return isAdmitted(access, { application: automation.application, caller, now: clock.now() })
}

function isRevoked({ deletedAt, enabled }: ServiceToken): boolean {
  return deletedAt !== undefined || !enabled.current
}
