import type { Block, Inline } from '../../markdown/document.ts'
import type { CredentialRecord } from '../../rotation/record/schema.ts'

type Slot = CredentialRecord['slots']['primary']

/** Describes the slots of credentials, one line each: narrow enough for a phone. */
export function describeSlots(credentials: readonly CredentialRecord[]): readonly Block[] {
  if (credentials.length === 0) return []
  const rows = credentials.flatMap(({ name, slots: { primary, secondary } }) => [
    [[{ strong: [name] }, ' PRIMARY'], describeSlot(primary)],
    ...(secondary === null ? [] : [[[{ strong: [name] }, ' SECONDARY'], describeSlot(secondary)]])
  ])
  return [{ heads: ['slot', 'state'], rows }]
}

/** Lists the whole ids behind the short ones, for looking them up. */
export function listIds(credentials: readonly CredentialRecord[]): readonly (readonly Inline[])[] {
  return credentials.flatMap(({ name, old, new: created, slots: { primary, secondary } }) => {
    const labels = new Map<string, string>()
    const add = (label: string, id: string | null | undefined): void => {
      if (id != null && !labels.has(id)) labels.set(id, label)
    }
    if (secondary?.id === primary.id) add('PRIMARY and SECONDARY', primary.id)
    add('PRIMARY', primary.id)
    add('SECONDARY', secondary?.id)
    add('old', old?.id)
    add('new', created?.id)
    return [...labels].map(([id, label]): readonly Inline[] => [`${name} ${label}: `, { code: id }])
  })
}

const STATES: Readonly<Record<Slot['state'], string>> = {
  working: 'works',
  refused: 'does not work',
  rejected: 'is not accepted by a probe',
  missing: 'is empty',
  unread: 'was not checked',
  uncertain: 'holds one of several values'
}

function describeSlot({ id, state, expiresAt }: Slot): readonly Inline[] {
  const until: readonly Inline[] = expiresAt === null ? [] : [' until ', { time: expiresAt }]
  return [STATES[state], ...until, ...(id === null ? [] : [' (', { id }, ')'])]
}
