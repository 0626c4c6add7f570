import { isPlaceholder, type ReadVariable } from '../kernel/environment.ts'
import type { Configuration, RotationConfiguration } from './configuration.ts'
import type { ConfigurationProblem } from './problems.ts'
import { credentialsOf, slotsOf } from './walk.ts'

/**
 * Finds slots that hold the same value as a slot of another credential, e.g. because two lines of `env` read the same secret: a rotation would write one
 * credential into the slots of both. Values are compared, and not shown.
 */
export function findSharedValues(
  configuration: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: ReadVariable
): readonly ConfigurationProblem[] {
  const seen = new Map<string, { readonly name: string; readonly owner: string }>()
  const slots = credentialsOf(configuration, selected).flatMap((placed) =>
    slotsOf(placed).map((slot) => ({ ...slot, owner: placed.path }))
  )
  return slots.flatMap(({ path, name, owner }): ConfigurationProblem[] => {
    const value = (valueOf(name) ?? '').trim()
    if (value === '' || isPlaceholder(value)) return []
    const other = seen.get(value)
    if (other === undefined) {
      seen.set(value, { name, owner })
      return []
    }
    if (other.owner === owner) return []
    return [
      {
        path,
        message: `the environment variables ${name} and ${other.name} hold the same value, and belong to different credentials: check the lines of \`env\`, and the secrets that they read`
      }
    ]
  })
}
