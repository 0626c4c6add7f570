import { isPlaceholder } from '../kernel/environment.ts'
import { allSlots } from './consistency.ts'
import type { ConfigurationProblem } from './problems.ts'
import type { Configuration, RotationConfiguration } from './schema.ts'

/**
 * The slots that were given a value which a slot of another credential was given too, as where two lines of `env` read the same secret: written, it
 * would put one credential into the slots of two. Values are compared, and not shown.
 */
export function findSharedValues(
  { rotations }: Configuration,
  selected: readonly RotationConfiguration[],
  valueOf: (name: string) => string | undefined
): readonly ConfigurationProblem[] {
  const seen = new Map<string, { readonly name: string; readonly owner: string }>()
  return allSlots({ rotations }).flatMap(({ path, name }): ConfigurationProblem[] => {
    const value = (valueOf(name) ?? '').trim()
    const [owner = ''] = /^rotations\[\d+\]\.credentials\[\d+\]/.exec(path) ?? []
    const index = Number(/^rotations\[(\d+)\]/.exec(path)?.[1])
    if (value === '' || isPlaceholder(value) || !selected.includes(rotations[index]!)) return []
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
