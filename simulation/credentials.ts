import type { ServiceToken } from '../sandbox/cloudflare/service-tokens.ts'
import { isAdmitted } from '../sandbox/protected/admission.ts'
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
  'account-token': {
    classify: (world, values) => classifyToken(world, values['value']),
    existing: ({ sandbox }) =>
      sandbox.cloudflare.tokens.existing.map(({ id, name, disabled }) => ({ id, name, enabled: !disabled })),
    names: ({ sandbox }) => sandbox.cloudflare.tokens.all.map(({ name }) => name),
    secrets: ({ sandbox }) => sandbox.cloudflare.tokens.all.map(({ value }) => value)
  },
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

function classifyToken({ sandbox }: World, value: string | undefined): SlotTruth {
  if (value === undefined) return NOTHING
  const { tokens } = sandbox.cloudflare
  const verdict = tokens.classify(value)
  const id = tokens.findByValue(value)?.id
  return {
    works: verdict.works,
    revoked: !verdict.works && (verdict.reason === 'deleted' || verdict.reason === 'disabled'),
    mixed: false,
    superseded: false,
    ids: id === undefined ? [] : [id]
  }
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
