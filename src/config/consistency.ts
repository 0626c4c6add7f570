import { formatDuration } from '../kernel/clock.ts'
import type { ConfigurationProblem } from './problems.ts'
import { MAX_CREDENTIALS, type Configuration, type CredentialConfiguration } from './schema.ts'

/** A secret name with the place in the configuration where it stands. */
export interface NamedSlot {
  readonly path: string
  readonly name: string
  readonly slot: 'primary' | 'secondary'
}

/** What is wrong between the parts of a configuration whose parts are right. */
export function findInconsistencies(configuration: Configuration): readonly ConfigurationProblem[] {
  return [
    ...findRepeatedNames(configuration),
    ...findRepeatedSecrets(configuration),
    ...findMixedSlots(configuration),
    ...findBadLifetimes(configuration),
    ...findTwoSlotsInPlace(configuration),
    ...findBadRevocation(configuration),
    ...findUselessChecks(configuration),
    ...findTooMany(configuration)
  ]
}

/** Every secret name of a credential, with its path. */
export function slotsOf(credential: CredentialConfiguration, path: string): readonly NamedSlot[] {
  return Object.entries(credential.secrets).flatMap(([field, slots]) => {
    const at = `${path}.secrets.${field}`
    const primary: NamedSlot = { path: `${at}.primary`, name: slots.primary, slot: 'primary' }
    return slots.secondary === undefined
      ? [{ ...primary, path: at }]
      : [primary, { path: `${at}.secondary`, name: slots.secondary, slot: 'secondary' as const }]
  })
}

/** Every secret name of a configuration, with its path. */
export function allSlots({ rotations }: Pick<Configuration, 'rotations'>): readonly NamedSlot[] {
  return rotations.flatMap(({ credentials }, i) =>
    credentials.flatMap((credential, j) => slotsOf(credential, `rotations[${i}].credentials[${j}]`))
  )
}

function findRepeatedNames({ rotations }: Configuration): readonly ConfigurationProblem[] {
  return [
    ...repeated(rotations.map(({ name }, i) => ({ name, path: `rotations[${i}].name` }))),
    ...rotations.flatMap(({ credentials }, i) =>
      repeated(credentials.map(({ name }, j) => ({ name, path: `rotations[${i}].credentials[${j}].name` })))
    )
  ]
}

function findRepeatedSecrets(configuration: Configuration): readonly ConfigurationProblem[] {
  return repeated(allSlots(configuration))
}

function findMixedSlots({ rotations }: Configuration): readonly ConfigurationProblem[] {
  return rotations.flatMap(({ credentials }, i) =>
    credentials.flatMap(({ secrets }, j): ConfigurationProblem[] => {
      const kinds = new Set(Object.values(secrets).map(({ secondary }) => secondary !== undefined))
      if (kinds.size <= 1) return []
      return [
        {
          path: `rotations[${i}].credentials[${j}].secrets`,
          message: 'must have a secondary for every field, or for none'
        }
      ]
    })
  )
}

/** A token that ends before the next rotation leaves its slot without a working value. */
function findBadLifetimes({ rotations }: Configuration): readonly ConfigurationProblem[] {
  return rotations.flatMap(({ every, credentials }, i) =>
    credentials.flatMap((credential, j): ConfigurationProblem[] => {
      if (credential.type !== 'account-token') return []
      if (every === undefined || credential.ttl > every) return []
      return [
        {
          path: `rotations[${i}].credentials[${j}].ttl`,
          message: `must be longer than \`every\` (${formatDuration(every)}), better twice as long: otherwise the tokens expire before they are replaced`
        }
      ]
    })
  )
}

/** In place there is one current secret and one previous one, which the grace ends: SECONDARY would not work until the next rotation. */
function findTwoSlotsInPlace({ rotations }: Configuration): readonly ConfigurationProblem[] {
  return rotations.flatMap(({ credentials }, i) =>
    credentials.flatMap((credential, j): ConfigurationProblem[] => {
      if (credential.type !== 'access-service-token' || credential.strategy !== 'rotate') return []
      if (Object.values(credential.secrets).every(({ secondary }) => secondary === undefined)) return []
      return [
        {
          path: `rotations[${i}].credentials[${j}].strategy`,
          message:
            'must not be rotate where there is a secondary: use replace, which keeps the previous pair until the next rotation, or take the secondary out'
        }
      ]
    })
  )
}

function findBadRevocation({ rotations }: Configuration): readonly ConfigurationProblem[] {
  return rotations.flatMap(({ credentials, revoke }, i): ConfigurationProblem[] => {
    const twoSlots = credentials.some(({ secrets }) =>
      Object.values(secrets).some(({ secondary }) => secondary !== undefined)
    )
    if (revoke.after !== 'verify' || !twoSlots) return []
    return [
      {
        path: `rotations[${i}].revoke.after`,
        message: 'must not be verify where SECONDARY keeps the previous one as a fallback'
      }
    ]
  })
}

function findUselessChecks({ rotations }: Configuration): readonly ConfigurationProblem[] {
  return rotations.flatMap(({ credentials, destinations }, i) => {
    if (destinations.some(({ type }) => type === 'secrets-store')) return []
    return credentials.flatMap(({ verify }, j) =>
      verify.flatMap((probe, k): ConfigurationProblem[] =>
        'can' in probe && probe.can === 'secrets'
          ? [
              {
                path: `rotations[${i}].credentials[${j}].verify[${k}].can`,
                message: 'needs a destination of type secrets-store'
              }
            ]
          : []
      )
    )
  })
}

function findTooMany({ rotations }: Configuration): readonly ConfigurationProblem[] {
  const count = rotations.reduce((sum, { credentials }) => sum + credentials.length, 0)
  return count > MAX_CREDENTIALS
    ? [{ path: 'rotations', message: `hold ${count} credentials; at most ${MAX_CREDENTIALS} are possible` }]
    : []
}

function repeated(
  items: readonly { readonly name: string; readonly path: string }[]
): readonly ConfigurationProblem[] {
  const first = new Map<string, string>()
  return items.flatMap(({ name, path }) => {
    const earlier = first.get(name)
    if (earlier !== undefined) return [{ path, message: `"${name}" is used already by ${earlier}` }]
    first.set(name, path)
    return []
  })
}
