import type { Configuration, RotationConfiguration } from '../config/configuration.ts'
import { RotationError } from '../kernel/error.ts'
import type { Command } from '../session/command.ts'
import type { FindNeedOfGithub } from '../session/launch.ts'
import { selectRotations } from '../session/selection.ts'

/** What a command asks for. */
export interface SelectionOptions {
  readonly only: readonly string[]
  readonly withoutGithub: boolean
  readonly command: Command
  readonly findNeedOfGithub: FindNeedOfGithub
  /** Takes a sentence about each rotation that is left out. */
  readonly onLeftOut: (message: string) => void
}

/**
 * Selects the rotations that a command runs; without GitHub those that do not need it.
 * @throws RotationError `bad-input` for an unknown name, for a named rotation that needs GitHub, and where none is left
 */
export function selectFor(
  configuration: Configuration,
  { only, withoutGithub, command, findNeedOfGithub, onLeftOut }: SelectionOptions
): readonly RotationConfiguration[] {
  const selected = selectRotations(configuration, only)
  if (!withoutGithub) return selected
  const needs = new Map(
    selected.flatMap((rotation) => {
      const need = findNeedOfGithub(configuration, rotation, { contain: command === 'contain' })
      return need === undefined ? [] : [[rotation, `${rotation.name} needs GitHub: ${need}.`] as const]
    })
  )
  const rest = selected.filter((rotation) => !needs.has(rotation))
  if (needs.size > 0 && (only.length > 0 || rest.length === 0 || command === 'contain')) {
    throw new RotationError('bad-input', [...needs.values()].join('\n'), {
      hint:
        command === 'contain'
          ? 'Replace it with `rotate-action rotate --force --without github`, revoke the old one in the Cloudflare dashboard, and contain when GitHub is back.'
          : 'Run the command again when GitHub is back.'
    })
  }
  for (const need of needs.values()) onLeftOut(`${need} It is left out.`)
  return rest
}
