import type { Finding } from '../rotation/model/finding.ts'
import type { RotationRun } from '../rotation/apply/run.ts'
import { secretsNotPassed } from '../rotation/model/observed-credential.ts'

/**
 * The names of the SECONDARY secrets that the step could be given and was not, once each: those that a destination holds from which runs get their
 * environment, or any destination where none of them does.
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

/** Says of one of them what is to be added where. */
export function describeForgotten(name: string): string {
  return `A destination holds ${name}, but the step is not given it, so that nothing is done about what it holds. Add this line to \`env\` of the step: \`${name}: \${{ secrets.${name} }}\``
}

/** The same as a check tells it: without the line, the next rotation can't know what SECONDARY holds. */
export function findingFor(name: string): Finding {
  return {
    kind: 'missing-value',
    severity: 'error',
    on: name,
    message: `A destination holds ${name}, but the step is not given it: what it holds can't be told, and is never revoked.`,
    action: `Add this line to \`env\` of the step: \`${name}: \${{ secrets.${name} }}\``
  }
}
