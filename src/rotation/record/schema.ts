import * as v from 'valibot'
import { GATE_STATES } from '../model/gate.ts'
import { FINDING_KINDS } from '../model/finding.ts'
import { OUTCOMES } from '../model/outcome.ts'

/**
 * Kind of a text of the record. `free`: for people; secrets are redacted in it, and no program depends on it. `configured`: a name from the
 * configuration, an instant, or a word of this program. Every other text is an id, a name or a URL: it is not changed, and if it holds a secret, the
 * run fails and the record is not written.
 */
export type TextKind = 'free' | 'configured'

const textOf = (kind: TextKind) => v.pipe(v.string(), v.metadata({ 'x-text': kind }))
const free = textOf('free')
const configured = textOf('configured')

const instant = v.pipe(configured, v.description('An instant, ISO 8601 in UTC.'))

const write = v.strictObject({
  secret: configured,
  slot: v.picklist(['primary', 'secondary']),
  purpose: v.picklist(['stage', 'promote', 'restore']),
  holds: v.pipe(v.string(), v.description('Id of the object whose value was written.')),
  effect: v.picklist(['applied', 'not-applied', 'unknown']),
  confirmed: v.picklist(['confirmed', 'absent', 'overwritten', 'pending', 'unknown', 'not-asked'])
})

const slotState = v.strictObject({
  id: v.nullable(v.string()),
  state: v.pipe(
    v.picklist(['working', 'refused', 'rejected', 'missing', 'unread', 'uncertain']),
    v.description(
      '`refused`: Cloudflare does not accept it; `rejected`: Cloudflare lists it as active, and a probe does not accept it; `unread`: it was not read, since there was nothing to do; `uncertain`: it is not known which of several values the slot holds.'
    )
  ),
  expiresAt: v.nullable(instant)
})

const credential = v.strictObject({
  name: configured,
  type: configured,
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
      label: free,
      of: v.pipe(
        v.picklist(['new', 'new-after', 'old']),
        v.description('`new`: before its promotion; `new-after` and `old`: when the old one was disabled.')
      ),
      verdict: v.picklist(['passed', 'unauthenticated', 'forbidden', 'inconclusive']),
      detail: free
    })
  ),
  revoked: v.array(
    v.strictObject({
      id: v.string(),
      reason: v.picklist(['replaced', 'orphan', 'expired']),
      at: instant,
      livedSeconds: v.pipe(
        v.number(),
        v.description(
          'How long it remained valid after the run began, in seconds; after an exposure, how long it could be misused.'
        )
      )
    })
  ),
  kept: v.array(v.strictObject({ id: v.string(), reason: free }))
})

const failure = v.strictObject({
  code: configured,
  message: free,
  hint: v.nullable(free),
  call: v.nullable(
    v.strictObject({
      method: configured,
      path: free,
      status: v.nullable(v.number()),
      apiCode: v.nullable(v.number())
    })
  )
})

const plan = v.strictObject({
  decision: v.picklist(['rotate', 'not-due', 'stale']),
  create: v.array(
    v.strictObject({
      credential: configured,
      type: configured,
      like: v.pipe(
        v.nullable(v.string()),
        v.description('Id of the object whose permissions the new one copies.')
      )
    })
  ),
  write: v.array(
    v.strictObject({
      destination: configured,
      secret: configured,
      slot: v.picklist(['primary', 'secondary']),
      holds: v.pipe(
        v.nullable(v.string()),
        v.description('Id of the object whose value would be written; null for the new one.')
      )
    })
  ),
  revoke: v.array(v.strictObject({ credential: configured, id: v.string(), reason: free })),
  keep: v.array(v.strictObject({ credential: configured, id: v.string(), reason: free })),
  obstacles: v.pipe(
    v.array(free),
    v.description('What would stop the run, e.g. a permission that is missing.')
  )
})

const rotation = v.strictObject({
  name: configured,
  outcome: v.picklist(OUTCOMES),
  reason: v.pipe(v.array(free), v.description('Why it was due, why it was stale, or who held the lock.')),
  nextDue: v.nullable(instant),
  safeUntil: v.pipe(
    v.nullable(instant),
    v.description('Time until which the slots hold a working credential, as far as is known.')
  ),
  plan: v.pipe(v.nullable(plan), v.description('For `command: plan`: what a run would do.')),
  credentials: v.array(credential),
  destinations: v.array(v.strictObject({ label: configured, type: configured, writes: v.array(write) })),
  steps: v.array(
    v.strictObject({
      name: configured,
      startedAt: instant,
      endedAt: instant,
      status: v.picklist(['ok', 'failed'])
    })
  ),
  rollout: v.pipe(
    v.array(
      v.strictObject({
        gate: free,
        state: v.pipe(
          v.picklist(GATE_STATES),
          v.description('`started`: `command: contain` started it and did not wait for it.')
        ),
        url: v.nullable(v.string()),
        seconds: v.number()
      })
    ),
    v.description('The rollout gates that were started, in their order.')
  ),
  undone: v.array(free),
  left: v.pipe(v.array(free), v.description('What could not be undone.')),
  warnings: v.array(free),
  error: v.nullable(failure)
})

const finding = v.strictObject({
  rotation: v.pipe(
    v.nullable(configured),
    v.description('The rotation that it is about; null for the account, the repository or the alert.')
  ),
  kind: v.picklist(FINDING_KINDS),
  severity: v.picklist(['error', 'warning', 'info']),
  on: free,
  message: free,
  action: v.pipe(free, v.description('The one action to take.'))
})

/** Schema of the output `record`: what was done, by whom, when and with what evidence; never a secret. */
export const recordSchema = v.strictObject({
  version: v.literal(1),
  command: configured,
  outcome: v.picklist(OUTCOMES),
  run: v.strictObject({
    id: v.string(),
    attempt: v.number(),
    url: v.string(),
    repository: v.string(),
    workflow: v.string(),
    event: configured,
    actor: v.string(),
    triggeringActor: v.string(),
    reason: free
  }),
  startedAt: instant,
  endedAt: instant,
  rotations: v.array(rotation),
  findings: v.pipe(v.array(finding), v.description('What `command: check` found, the worst first.')),
  warnings: v.array(free),
  error: v.nullable(failure),
  truncated: v.pipe(v.boolean(), v.description('Whether details were left out to stay within 256 KiB.'))
})

/** Record of a run. */
export type RunRecord = v.InferOutput<typeof recordSchema>

/** Part of a record about one rotation. */
export type RotationRecord = RunRecord['rotations'][number]

/** Part of a record about the plan. */
export type PlanRecord = NonNullable<RotationRecord['plan']>

/** Part of a record about one credential. */
export type CredentialRecord = RotationRecord['credentials'][number]

/** Finding of a check. */
export type FindingRecord = RunRecord['findings'][number]

/** Failure of a run or a rotation. */
export type FailureRecord = NonNullable<RunRecord['error']>
