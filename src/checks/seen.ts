import { asRotationError } from '../kernel/error.ts'
import type { Secret } from '../kernel/secret.ts'
import type { CheckPort, Finding } from '../rotation/model/finding.ts'

/** A secret that consumers should see. */
export interface ExpectedSecret {
  /** Its name at the destination. */
  readonly name: string
  /** What the step was given for it. */
  readonly value: Secret
}

/** Asks what consumers read under some names, and returns whether that is a value; undefined where they read nothing. */
export type See = (names: readonly string[]) => Promise<(name: string, value: Secret) => boolean | undefined>

/** Checks that consumers see what the step was given. */
export function createSeenCheck(expected: readonly ExpectedSecret[], see: See): CheckPort {
  return {
    run: async () => {
      if (expected.length === 0) return []
      try {
        const isSeen = await see(expected.map(({ name }) => name))
        return expected.flatMap(({ name, value }) => describe(name, isSeen(name, value)))
      } catch (thrown) {
        const { message, hint } = asRotationError(thrown)
        return [
          {
            kind: 'no-access',
            severity: 'warning',
            on: 'coordinator',
            message: `It could not be checked what consumers see: ${message}`,
            action: hint ?? 'Check the coordinator.'
          }
        ]
      }
    }
  }
}

function describe(name: string, isSeen: boolean | undefined): readonly Finding[] {
  if (isSeen === true) return []
  return [
    {
      kind: 'slots-disagree',
      severity: 'error',
      on: name,
      message:
        isSeen === undefined
          ? `${name}: the coordinator reads nothing under this name.`
          : `${name}: consumers see another value than this run was given.`,
      action:
        isSeen === undefined
          ? 'Bind the secret in the coordinator, and list it in `SLOTS`.'
          : 'Wait some minutes and check again; if it stays so, run `command: rotate` with `force`.'
    }
  ]
}
