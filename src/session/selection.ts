import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import { RotationError } from '../kernel/error.ts'
import type { Command } from './command.ts'

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

/**
 * Requires a rotation for a command of an incident, which would do nothing where credentials are only watched.
 * @throws RotationError `bad-input`
 */
export function requireRotation({ rotations }: Configuration, command: Command): void {
  if (rotations.length > 0 || (command !== 'contain' && command !== 'rollback')) return
  const what = command === 'contain' ? 'contain' : 'roll back'
  throw new RotationError('bad-input', `command: there is no rotation to ${what}.`, {
    hint: 'The configuration only watches credentials: replace them by hand, where they were made.'
  })
}

/** Picks the rotations of some names; a name that no rotation has is left out. */
export function pickRotations(
  { rotations }: Configuration,
  names: readonly string[]
): readonly RotationConfiguration[] {
  return rotations.filter(({ name }) => names.includes(name))
}
