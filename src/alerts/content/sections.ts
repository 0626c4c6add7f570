import { listOf, toInlines, type Inline } from '../../markdown/document.ts'
import type { FailureRecord, RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { listGates } from './gates.ts'
import type { Section } from './message.ts'
import { describeSlots, listIds } from './slots.ts'

/** More than anyone reads at once. */
const MAX_FINDINGS = 30

/** Section about a failure before any rotation began. */
export function describeWhole(error: FailureRecord): Section {
  return { heading: 'Before any rotation began', blocks: [{ paragraph: toInlines(error.message) }] }
}

/** Section about a rotation: what failed, the state of each slot, and what is unresolved. */
export function describeRotation(rotation: RotationRecord): Section {
  const { name, credentials, error, left, rollout } = rotation
  return {
    heading: `${name}: ${describeOutcome(rotation)}`,
    blocks: [
      ...(error === null ? [] : [{ paragraph: toInlines(error.message) }]),
      ...describeSlots(credentials),
      ...listOf([...listGates(rollout), ...left.map(describeUnresolved)])
    ]
  }
}

/** Sections to look things up in: whole ids, and what was reverted. */
export function describeDetails({ name, credentials, undone }: RotationRecord): readonly Section[] {
  const items = [...listIds(credentials), ...undone.map(describeReverted)]
  return items.length === 0 ? [] : [{ heading: `Details of ${name}`, blocks: listOf(items), folded: true }]
}

/** Line about something that the run reverted. */
export function describeReverted(line: string): readonly Inline[] {
  return toInlines(`reverted: ${line}`)
}

/** Line about something that is left for the operator or the next run. */
export function describeUnresolved(line: string): readonly Inline[] {
  return [{ strong: toInlines(`unresolved: ${line}`) }]
}

function describeOutcome({ outcome, steps }: RotationRecord): string {
  if (outcome === 'rolled-back') return 'rolled back: PRIMARY is as it was'
  if (outcome !== 'failed') return outcome
  return steps.some(({ name }) => name === 'acquire') ? 'failed' : 'failed before anything was changed'
}

/** Section about the errors that a check found; warnings are in the record. */
export function describeFindings({ findings }: RunRecord): readonly Section[] {
  const wrong = findings.filter(({ severity }) => severity === 'error')
  const items = wrong
    .slice(0, MAX_FINDINGS)
    .map(({ rotation, on, message, action }): readonly Inline[] => [
      { code: rotation === null ? on : `${rotation}: ${on}` },
      ': ',
      ...toInlines(message),
      ' ',
      { strong: toInlines(action) }
    ])
  const more: readonly (readonly Inline[])[] =
    wrong.length > MAX_FINDINGS ? [[`and ${wrong.length - MAX_FINDINGS} more, which are in the record.`]] : []
  return wrong.length === 0 ? [] : [{ heading: 'What was found', blocks: listOf([...items, ...more]) }]
}
