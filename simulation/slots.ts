import type { ServiceToken } from '../sandbox/cloudflare/service-tokens.ts'
import { isAdmitted } from '../sandbox/protected/admission.ts'
import type { Configuration } from '../src/config/configuration.ts'
import { githubSecretKind } from '../src/destinations/github-secret-kind.ts'
import { secretsStoreKind } from '../src/destinations/secrets-store-kind.ts'
import type { CredentialConfiguration, TypedConfiguration } from '../src/kernel/kinds.ts'
import { isOfKind } from './is-of-kind.ts'
import type { World } from './world.ts'

/** One slot of a credential at a destination, as consumers see it now. */
export interface HeldSlot {
  readonly slot: 'primary' | 'secondary'
  /** By field; undefined where a secret is not there. */
  readonly values: Readonly<Record<string, string | undefined>>
}

/** A credential at a destination: what a consumer there depends on. */
export interface Holding {
  /** How violations name it. */
  readonly label: string
  /** The name of the rotation that writes it. */
  readonly rotation: string
  readonly type: CredentialConfiguration['type']
  /** What the slots hold now. */
  slots(): readonly HeldSlot[]
}

/** What is true of the values in a slot, whatever the code believes. */
export interface SlotTruth {
  readonly works: boolean
  /** Whether what it holds was deleted or switched off; what merely expired was not. */
  readonly revoked: boolean
  /** Whether client id and client secret belong to different tokens. */
  readonly mixed: boolean
  /** Whether its client secret was replaced more than once: of one service token two secrets work at a time. */
  readonly superseded: boolean
  /** The objects that the values belong to. */
  readonly ids: readonly string[]
}

/** Every credential at every destination of a configuration. */
export function holdingsOf(world: World, { rotations }: Configuration): readonly Holding[] {
  return rotations.flatMap(({ name, credentials, destinations }) =>
    destinations.flatMap((destination) =>
      credentials.map((credential) => holdingOf(world, { rotation: name, credential, destination }))
    )
  )
}

/** The secrets that a destination holds now, in plain, by name. */
export function secretsAt({ sandbox }: World, destination: TypedConfiguration): Record<string, string> {
  const { cloudflare, github } = sandbox
  if (isOfKind(secretsStoreKind, destination)) return cloudflare.secretsStores.values(destination['store-id'])
  if (!isOfKind(githubSecretKind, destination)) throw new Error('a destination that is not simulated yet')
  const { repository, environment, organization } = destination
  if (organization !== undefined) return github.organizationSecrets(organization)
  return environment === undefined
    ? github.repositorySecrets(repository ?? '')
    : github.environmentSecrets(repository ?? '', environment)
}

/** Judges what a slot holds by the state of the sandbox. */
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

/** A destination that does not exist, as a wrong configuration names it, holds nothing. */
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
    works: clientId !== undefined && clientSecret !== undefined && isLetIn(world, clientId, clientSecret),
    revoked: tokens.some(isRevoked),
    mixed: byId !== bySecret,
    superseded: clientSecret !== undefined && bySecret?.secrets.isSuperseded(clientSecret) === true,
    ids: tokens.map(({ id }) => id)
  }
}

/** Whether the edge knows the pair and a policy of the application lets it in. */
export function isLetIn(
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
