import type { World } from '../../simulation/world.ts'

/** The slots of the bootstrap pair. */
export const CREDENTIALS = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'] as const

/** What a destination holds now, by secret name; values in plain, as consumers read them. */
export interface DestinationView {
  readonly label: string
  readonly values: Readonly<Record<string, string>>
}

/** The two destinations of the default configuration as consumers see them. */
export function destinationsOf({ sandbox, account }: World): readonly DestinationView[] {
  return [
    { label: 'store', values: sandbox.cloudflare.secretsStores.values(account.store.id) },
    {
      label: 'github',
      values: sandbox.github.environmentSecrets(account.repository.fullName, account.environment)
    }
  ]
}

/** Every credential at every destination that has no slot with a value that works (I1). */
export function findUnsafeConsumers(world: World): readonly string[] {
  const { tokens } = world.sandbox.cloudflare
  return destinationsOf(world).flatMap(({ label, values }) =>
    CREDENTIALS.filter(
      (name) =>
        !tokens.works(values[`PRIMARY_${name}`] ?? '') && !tokens.works(values[`SECONDARY_${name}`] ?? '')
    ).map((name) => `${label}: ${name}`)
  )
}
