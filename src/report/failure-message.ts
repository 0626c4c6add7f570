import { isFailure } from '../rotation/model/outcome.ts'
import type { RunRecord } from '../rotation/record/schema.ts'

/** Describes what a rollback leaves in SECONDARY, since staging is not reverted. */
function describeStaged(credentials: RunRecord['rotations'][number]['credentials']): string {
  const staged = credentials.filter(
    ({ slots: { primary, secondary } }) => primary.id !== null && secondary?.id === primary.id
  )
  if (staged.length === 0) return ''
  const names = staged.map(({ name, slots }) => `${name} (${slots.primary.id})`).join(', ')
  return ` SECONDARY now holds the same credential as PRIMARY, of ${names}: what it held before is revoked by the next rotation.`
}

/** Writes the message that a run fails with. */
export function failureMessage({ rotations, error, findings }: RunRecord): string {
  const failures = rotations.flatMap(({ name, outcome, error: failure, left, steps, credentials }) => {
    if (!isFailure(outcome) || outcome === 'unhealthy') return []
    const untouched = !steps.some(
      ({ name: step }) => step === 'stage' || step === 'create' || step === 'promote' || step === 'revoke'
    )
    const state =
      outcome === 'rolled-back'
        ? `Rolled back: PRIMARY is as it was, and works as it did.${describeStaged(credentials)}`
        : untouched
          ? 'Nothing was changed.'
          : ['Not everything could be restored:', ...left].join(' ')
    return [
      `${name}: ${failure?.message ?? 'failed'}\n${state}${failure?.hint == null ? '' : `\n${failure.hint}`}`
    ]
  })
  const whole = error === null ? [] : [`${error.message}${error.hint === null ? '' : `\n${error.hint}`}`]
  const wrong = findings
    .filter(({ severity }) => severity === 'error')
    .map(({ message, action }) => `${message}\n${action}`)
  return [...whole, ...failures, ...wrong].join('\n\n')
}
