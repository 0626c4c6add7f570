import type {
  CredentialRecord,
  FailureRecord,
  RotationRecord,
  RunRecord
} from '../../rotation/record/schema.ts'
import { withCode, type Block, type Inline, type Section } from './message.ts'
import { formatTime } from './time.ts'

/** More than anyone reads at once. */
const MAX_FINDINGS = 30

/** The section about a failure before any rotation began. */
export function describeWhole(error: FailureRecord): Section {
  return { heading: 'Before any rotation began', blocks: [{ paragraph: withCode(error.message) }] }
}

/** The section about a rotation: what failed, what each slot holds, what was undone and what is left. */
export function describeRotation(rotation: RotationRecord): Section {
  const { name, credentials, error, undone, left } = rotation
  const slots: Block = {
    heads: ['credential', 'PRIMARY', 'SECONDARY'],
    rows: credentials.map(({ name: credential, slots: { primary, secondary } }) => [
      [{ code: credential }],
      describeSlot(primary),
      secondary === null ? ['none'] : describeSlot(secondary)
    ])
  }
  return {
    heading: `${name}: ${describeOutcome(rotation)}`,
    blocks: [
      ...(error === null ? [] : [{ paragraph: withCode(error.message) }]),
      ...(credentials.length === 0 ? [] : [slots]),
      ...list(undone.map((line) => [`undone: ${line}`])),
      ...list(left.map((line) => [{ strong: `left: ${line}` }]))
    ]
  }
}

function describeOutcome({ outcome, steps }: RotationRecord): string {
  if (outcome === 'rolled-back') return 'rolled back: PRIMARY is as it was'
  if (outcome !== 'failed') return outcome
  return steps.some(({ name }) => name === 'acquire') ? 'failed' : 'failed before anything was changed'
}

/** What a check found wrong; what only wants attention is in the record. */
export function describeFindings({ findings }: RunRecord): readonly Section[] {
  const wrong = findings.filter(({ severity }) => severity === 'error')
  const items = wrong
    .slice(0, MAX_FINDINGS)
    .map(({ rotation, on, message, action }): readonly Inline[] => [
      { code: rotation === null ? on : `${rotation}: ${on}` },
      ...withCode(`: ${message} `),
      ...withCode(action).map((piece) => (typeof piece === 'string' ? { strong: piece } : piece))
    ])
  const more: readonly (readonly Inline[])[] =
    wrong.length > MAX_FINDINGS ? [[`and ${wrong.length - MAX_FINDINGS} more, which the record has.`]] : []
  return wrong.length === 0 ? [] : [{ heading: 'What was found', blocks: list([...items, ...more]) }]
}

const SLOT_STATES: Readonly<Record<CredentialRecord['slots']['primary']['state'], string>> = {
  working: 'works',
  refused: 'does not work',
  rejected: 'is not accepted by a probe',
  missing: 'is empty',
  unread: 'was not looked at',
  uncertain: 'is in doubt: it holds one of several values'
}

function describeSlot({ id, state, expiresAt }: CredentialRecord['slots']['primary']): readonly Inline[] {
  const until = expiresAt === null ? '' : ` until ${formatTime(expiresAt)}`
  return [`${SLOT_STATES[state]}${until}`, ...(id === null ? [] : [': ', { code: id }])]
}

/** A list, where there is anything to list. */
export function list(items: readonly (readonly Inline[])[]): readonly Block[] {
  return items.length === 0 ? [] : [{ list: items }]
}
