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

/** Every slot that holds a value which was revoked (I2); one that merely expired is not. */
export function findRevokedSlots(world: World): readonly string[] {
  const { tokens } = world.sandbox.cloudflare
  return destinationsOf(world).flatMap(({ label, values }) =>
    Object.entries(values)
      .filter(([, value]) => {
        const verdict = tokens.judge(value)
        return !verdict.works && (verdict.reason === 'deleted' || verdict.reason === 'disabled')
      })
      .map(([name]) => `${label}: ${name}`)
  )
}

/** What {@link watchInvariants} found. */
export interface InvariantWatch {
  /** Takes what is so now as given: only what becomes worse from here on is the run's doing. */
  begin(): void
  /** Each breach with the call after which it was seen. */
  readonly broken: string[]
}

/** Checks I1 and I2 after every single call. */
export function watchInvariants(world: World): InvariantWatch {
  const broken: string[] = []
  let given = new Set<string>()
  const breaches = (): readonly string[] => [
    ...findUnsafeConsumers(world).map((where) => `I1: nothing works at ${where}`),
    ...findRevokedSlots(world).map((where) => `I2: revoked but held by ${where}`)
  ]
  world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'before') return
    const found = breaches()
    // What a call has put right may not go wrong again.
    given = given.intersection(new Set(found))
    for (const breach of found) {
      if (given.has(breach)) continue
      given.add(breach)
      broken.push(`${breach}, after call ${call.seq}: ${call.method} ${call.path}`)
    }
  })
  return {
    broken,
    begin: () => {
      given = new Set(breaches())
    }
  }
}
