import type { Finding } from '../rotation/model/finding.ts'
import type { RotationRun } from '../rotation/apply/run.ts'
import { secretsNotPassed } from '../rotation/model/observed-credential.ts'

/**
 * Finds the SECONDARY secrets that the step was not given although a destination holds them: one that feeds the environment of runs, or any
 * destination where none does.
 */
export function findForgotten(
  { observation }: RotationRun,
  isGiven: (name: string) => boolean
): readonly string[] {
  if (observation === undefined) return []
  const feeding = observation.destinations.filter(({ destination }) => destination.feedsNextRun)
  const destinations = feeding.length > 0 ? feeding : observation.destinations
  const names = observation.credentials.flatMap((observed) => secretsNotPassed(observed, { destinations }))
  return [...new Set(names)].filter((name) => !isGiven(name))
}

/** Says which line to add where. */
export function describeForgotten(name: string): string {
  return `A destination holds ${name}, but the step is not given it, so the run ignores what it holds. Add this line to \`env\` of the step: \`${name}: \${{ secrets.${name} }}\``
}

/** Describes it as a finding of a check: without the line, the next rotation does not know what SECONDARY holds. */
export function findingFor(name: string): Finding {
  return {
    kind: 'missing-value',
    severity: 'error',
    on: name,
    message: `A destination holds ${name}, but the step is not given it: what it holds is unknown and is never revoked.`,
    action: `Add this line to \`env\` of the step: \`${name}: \${{ secrets.${name} }}\``
  }
}
