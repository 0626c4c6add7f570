import type { Sandbox } from '../sandbox/sandbox.ts'
import { githubSecretKind } from '../src/destinations/github-secret-kind.ts'
import { secretsStoreKind } from '../src/destinations/secrets-store-kind.ts'
import type { KindDescriptor, TypedConfiguration } from '../src/kernel/kinds.ts'
import { isOfKind } from './is-of-kind.ts'
import type { World } from './world.ts'

/** Secrets of a destination in plain text, by name. */
export type HeldSecrets = Readonly<Record<string, string>>

/** Reads what a destination holds; undefined where it is of another kind. */
type DestinationReader = (sandbox: Sandbox, destination: TypedConfiguration) => HeldSecrets | undefined

/** Readers of all kinds of destination. */
const READERS: readonly DestinationReader[] = [
  readerOf(secretsStoreKind, ({ cloudflare }, { 'store-id': id }) => cloudflare.secretsStores.values(id)),
  readerOf(githubSecretKind, ({ github }, { repository = '', environment, organization }) => {
    if (organization !== undefined) return github.organizationSecrets(organization)
    return environment === undefined
      ? github.repositorySecrets(repository)
      : github.environmentSecrets(repository, environment)
  })
]

function readerOf<C extends TypedConfiguration>(
  kind: KindDescriptor<C>,
  read: (sandbox: Sandbox, destination: C) => HeldSecrets
): DestinationReader {
  return (sandbox, destination) => (isOfKind(kind, destination) ? read(sandbox, destination) : undefined)
}

/** Returns the secrets of a destination; none where a wrong configuration names a destination that does not exist. */
export function readSecrets({ sandbox }: World, destination: TypedConfiguration): HeldSecrets {
  for (const reader of READERS) {
    const held = readIfExisting(() => reader(sandbox, destination))
    if (held !== undefined) return held
  }
  throw new Error(`the destination ${destination.type} is not simulated yet`)
}

function readIfExisting(read: () => HeldSecrets | undefined): HeldSecrets | undefined {
  try {
    return read()
  } catch {
    return {}
  }
}
