import type { ServiceToken } from '../sandbox/cloudflare/service-tokens.ts'
import { isAdmitted } from '../sandbox/protected/admission.ts'
import type { Configuration } from '../src/config/configuration.ts'
import { githubSecretKind } from '../src/destinations/github-secret-kind.ts'
import { secretsStoreKind } from '../src/destinations/secrets-store-kind.ts'
import type { CredentialConfiguration, TypedConfiguration } from '../src/kernel/kinds.ts'
import { isOfKind } from './is-of-kind.ts'
import type { World } from './world.ts'

/** Slot of a credential at a destination, as consumers see it now. */
export interface HeldSlot {
  readonly slot: 'primary' | 'secondary'
  /** Values by field; undefined where a secret does not exist. */
  readonly values: Readonly<Record<string, string | undefined>>
}

/** Credential at a destination, which its consumers depend on. */
export interface Holding {
  /** Name in violations. */
  readonly label: string
  /** Name of the rotation that writes it. */
  readonly rotation: string
  readonly type: CredentialConfiguration['type']
  /** Returns what the slots hold now. */
  slots(): readonly HeldSlot[]
}

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

/** Lists every credential at every destination of a configuration. */
export function holdingsOf(world: World, { rotations }: Configuration): readonly Holding[] {
  return rotations.flatMap(({ name, credentials, destinations }) =>
    destinations.flatMap((destination) =>
      credentials.map((credential) => holdingOf(world, { rotation: name, credential, destination }))
    )
  )
}

/** Returns the secrets that a destination holds now, in plain text, by name. */
function secretsAt({ sandbox }: World, destination: TypedConfiguration): Record<string, string> {
  const { cloudflare, github } = sandbox
  if (isOfKind(secretsStoreKind, destination)) return cloudflare.secretsStores.values(destination['store-id'])
  if (!isOfKind(githubSecretKind, destination)) throw new Error('a destination that is not simulated yet')
  const { repository, environment, organization } = destination
  if (organization !== undefined) return github.organizationSecrets(organization)
  return environment === undefined
    ? github.repositorySecrets(repository ?? '')
    : github.environmentSecrets(repository ?? '', environment)
}

/** Determines the state of a slot from the state of the sandbox. */
export function classifySlot(
  world: World,
  type: CredentialConfiguration['type'],
  { values }: HeldSlot
): SlotTruth {
  return type === 'account-token'
    ? classifyToken(world, values['value'])
    : classifyPair(world, { clientId: values['client-id'], clientSecret: values['client-secret'] })
}

function holdingOf(
  world: World,
  {
    rotation,
    credential,
    destination
  }: { rotation: string; credential: CredentialConfiguration; destination: TypedConfiguration }
): Holding {
  const fields = Object.entries(credential.secrets)
  const kinds = fields.some(([, { secondary }]) => secondary !== undefined)
    ? (['primary', 'secondary'] as const)
    : (['primary'] as const)
  return {
    label: `${credential.name} at ${destination.type}`,
    rotation,
    type: credential.type,
    slots: () => {
      const held = readSecrets(world, destination)
      return kinds.map((slot) => ({
        slot,
        values: Object.fromEntries(fields.map(([field, names]) => [field, held[names[slot] ?? '']]))
      }))
    }
  }
}

/** Returns a destination's secrets; none where a wrong configuration names a destination that does not exist. */
function readSecrets(world: World, destination: TypedConfiguration): Record<string, string> {
  try {
    return secretsAt(world, destination)
  } catch {
    return {}
  }
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
export function isPairAdmitted(
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
