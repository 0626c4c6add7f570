import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import { RotationError } from '../kernel/error.ts'

/** Selects the rotations that `only` names, or all. @throws RotationError `bad-input` for a name that no rotation has */
export function selectRotations(
  { rotations }: Configuration,
  only: readonly string[]
): readonly RotationConfiguration[] {
  const unknown = only.filter((name) => !rotations.some((rotation) => rotation.name === name))
  if (unknown.length > 0) {
    const names = rotations.map(({ name }) => name).join(', ')
    throw new RotationError('bad-input', `only: there is no rotation named ${unknown.join(', ')}.`, {
      hint: `There are: ${names}.`
    })
  }
  return only.length === 0 ? rotations : rotations.filter(({ name }) => only.includes(name))
}

/** Picks the rotations of some names; a name that no rotation has is left out. */
export function pickRotations(
  { rotations }: Configuration,
  names: readonly string[]
): readonly RotationConfiguration[] {
  return rotations.filter(({ name }) => names.includes(name))
}
