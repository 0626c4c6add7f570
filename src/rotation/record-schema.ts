import * as v from 'valibot'
import { OUTCOMES } from './outcome.ts'

const instant = v.pipe(v.string(), v.description('An instant, ISO 8601 in UTC.'))

const write = v.strictObject({
  secret: v.string(),
  slot: v.picklist(['primary', 'secondary']),
  purpose: v.picklist(['stage', 'promote', 'restore']),
  holds: v.pipe(v.string(), v.description('Id of the object whose value was written.')),
  effect: v.picklist(['applied', 'not-applied', 'unknown']),
  confirmed: v.picklist(['confirmed', 'absent', 'overwritten', 'pending', 'unknown', 'not-asked'])
})

const slotState = v.strictObject({
  id: v.nullable(v.string()),
  state: v.pipe(
    v.picklist(['working', 'refused', 'missing', 'unread', 'uncertain']),
    v.description(
      '`unread`: it was not looked at, since there was nothing to do; `uncertain`: it is not known which of several values the slot holds.'
    )
  ),
  expiresAt: v.nullable(instant)
})

const credential = v.strictObject({
  name: v.string(),
  type: v.string(),
  old: v.nullable(
    v.strictObject({
      id: v.string(),
      clientId: v.nullable(v.string()),
      issuedAt: v.nullable(instant),
      expiresAt: v.nullable(instant)
    })
  ),
  new: v.nullable(
    v.strictObject({
      id: v.string(),
      clientId: v.nullable(v.string()),
      name: v.string(),
      expiresAt: v.nullable(instant)
    })
  ),
  slots: v.strictObject({ primary: slotState, secondary: v.nullable(slotState) }),
  probes: v.array(
    v.strictObject({
      label: v.string(),
      of: v.pipe(
        v.picklist(['new', 'new-after', 'old']),
        v.description(
          '`new`: before its promotion; `new-after` and `old`: when the old one was switched off.'
        )
      ),
      verdict: v.picklist(['passed', 'unauthenticated', 'forbidden', 'inconclusive']),
      detail: v.string()
    })
  ),
  revoked: v.array(
    v.strictObject({ id: v.string(), because: v.picklist(['replaced', 'orphan', 'expired']), at: instant })
  ),
  kept: v.array(v.strictObject({ id: v.string(), because: v.string() }))
})

const failure = v.strictObject({
  code: v.string(),
  message: v.string(),
  hint: v.nullable(v.string()),
  call: v.nullable(
    v.strictObject({
      method: v.string(),
      path: v.string(),
      status: v.nullable(v.number()),
      apiCode: v.nullable(v.number())
    })
  )
})

const rotation = v.strictObject({
  name: v.string(),
  outcome: v.picklist(OUTCOMES),
  because: v.pipe(
    v.array(v.string()),
    v.description('Why it was due, why it was stale, or who held the lock.')
  ),
  nextDue: v.nullable(instant),
  safeUntil: v.pipe(
    v.nullable(instant),
    v.description('Until when the slots hold a credential that works, as far as is known.')
  ),
  credentials: v.array(credential),
  destinations: v.array(v.strictObject({ label: v.string(), type: v.string(), writes: v.array(write) })),
  steps: v.array(
    v.strictObject({
      name: v.string(),
      startedAt: instant,
      endedAt: instant,
      status: v.picklist(['ok', 'failed'])
    })
  ),
  undone: v.array(v.string()),
  left: v.pipe(v.array(v.string()), v.description('What could not be undone.')),
  warnings: v.array(v.string()),
  error: v.nullable(failure)
})

/** The schema of the output `record`: what was done, by whom, when and with what evidence; never a secret. */
export const recordSchema = v.strictObject({
  version: v.literal(1),
  command: v.string(),
  outcome: v.picklist(OUTCOMES),
  run: v.strictObject({
    id: v.string(),
    attempt: v.number(),
    url: v.string(),
    repository: v.string(),
    workflow: v.string(),
    event: v.string(),
    actor: v.string(),
    triggeringActor: v.string(),
    reason: v.string()
  }),
  startedAt: instant,
  endedAt: instant,
  rotations: v.array(rotation),
  warnings: v.array(v.string()),
  error: v.nullable(failure),
  truncated: v.pipe(v.boolean(), v.description('Whether details were left out to stay within 256 KiB.'))
})

/** The record of a run. */
export type RunRecord = v.InferOutput<typeof recordSchema>

/** The part of a record about one rotation. */
export type RotationRecord = RunRecord['rotations'][number]

/** The part of a record about one credential. */
export type CredentialRecord = RotationRecord['credentials'][number]

/** What failed. */
export type FailureRecord = NonNullable<RunRecord['error']>
