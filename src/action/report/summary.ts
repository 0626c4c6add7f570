import { listGates } from '../../alerts/content/gates.ts'
import { describeSlots } from '../../alerts/content/slots.ts'
import { listOf, toInlines, toShortIds, type Block, type PageBlock } from '../../markdown/document.ts'
import { writeMarkdown } from '../../markdown/write.ts'
import { isFailure } from '../../rotation/model/outcome.ts'
import type { FailureRecord, PlanRecord, RotationRecord, RunRecord } from '../../rotation/record/schema.ts'
import { describeWhy, listPlan, summarizePlan } from '../../report/plan-lines.ts'
import { describeDetails } from './details.ts'
import { describeFindings } from './findings.ts'
import { drawTimeline } from './timeline.ts'

/** GitHub keeps 1 MiB of summary per step and drops a longer one whole. */
const MAX_BYTES = 1024 * 1024 - 4096

const ICONS: Readonly<Record<RunRecord['outcome'], string>> = {
  rotated: '✅',
  healthy: '✅',
  'not-due': '🕒',
  planned: '📝',
  stale: '⏭️',
  locked: '🔒',
  'rolled-back': '↩️',
  failed: '❌',
  unhealthy: '❌'
}

/** Writes the job summary: first the outcome of each rotation, then the steps as a chart, then the details. */
export function writeSummary(record: RunRecord): string {
  const { command, outcome, error, rotations, warnings, run } = record
  const text = writeMarkdown([
    { heading: `${ICONS[outcome]} Credential rotation: ${outcome}`, level: 2 },
    ...(error === null ? [] : [describeError(error)]),
    ...describeFindings(record),
    ...rotations.flatMap(describeRotation),
    ...drawTimeline(rotations),
    ...rotations.flatMap((rotation) => describeDetails(rotation, record)),
    ...describeWarnings(warnings),
    {
      small: [
        `Run ${run.id}, attempt ${run.attempt}, `,
        { code: `command: ${command}` },
        `, started by ${run.triggeringActor}; reason: ${run.reason}.`
      ]
    }
  ])
  if (Buffer.byteLength(text) <= MAX_BYTES) return `${text}\n`
  return `${Buffer.from(text).subarray(0, MAX_BYTES).toString('utf8')}\n\n*The summary was cut here; the output \`record\` has the rest.*\n`
}

function describeRotation(rotation: RotationRecord): readonly PageBlock[] {
  const { name, outcome, plan, error } = rotation
  if (plan !== null) return describePlan(rotation, plan)
  const why = describeWhy(rotation)
  return [
    { heading: `${ICONS[outcome]} ${name}: ${outcome}`, level: 3 },
    ...(isFailure(outcome) && error !== null
      ? [describeError(error)]
      : why === ''
        ? []
        : [{ paragraph: toInlines(why) }]),
    ...describeSlots(rotation.credentials),
    ...listOf(listGates(rotation.rollout)),
    ...describeReplaced(rotation),
    ...describeNextDue(rotation)
  ]
}

function describeError({ message, hint }: FailureRecord): PageBlock {
  const what: Block = { paragraph: toInlines(message) }
  return {
    callout: 'CAUTION',
    blocks: hint === null ? [what] : [what, { paragraph: [{ strong: toInlines(hint) }] }]
  }
}

/** Names the credentials that no slot holds any more. */
function describeReplaced({ outcome, credentials }: RotationRecord): readonly Block[] {
  if (outcome !== 'rotated') return []
  return listOf(
    credentials.flatMap(({ name, old, new: created, slots: { secondary } }) =>
      old === null || created === null || old.id === secondary?.id
        ? []
        : [[{ strong: [name] }, ': ', { id: created.id }, ' replaced ', { id: old.id }, '.']]
    )
  )
}

function describeNextDue({ outcome, nextDue }: RotationRecord): readonly Block[] {
  // Where nothing was due, the reason says it.
  if (outcome === 'not-due') return []
  if (nextDue !== null) return [{ paragraph: ['Next rotation due: ', { time: nextDue }, '.'] }]
  return outcome === 'rotated' ? [{ paragraph: ['Next rotation due: every run.'] }] : []
}

function describePlan(rotation: RotationRecord, plan: PlanRecord): readonly PageBlock[] {
  const lines = listPlan(plan)
  const obstacles = lines.filter(({ what }) => what === 'obstacle')
  const rest = lines.filter(({ what }) => what !== 'obstacle')
  return [
    { heading: `${ICONS.planned} ${rotation.name}`, level: 3 },
    { paragraph: toInlines(summarizePlan(rotation)) },
    ...(obstacles.length === 0
      ? []
      : [
          {
            callout: 'WARNING',
            blocks: listOf(obstacles.map(({ reason }) => toInlines(reason)))
          } as const
        ]),
    ...listOf(
      rest.map(({ what, on, reason }) => [
        { strong: [what] },
        ' ',
        ...toShortIds(on),
        ': ',
        ...toShortIds(reason)
      ])
    )
  ]
}

function describeWarnings(warnings: readonly string[]): readonly PageBlock[] {
  if (warnings.length === 0) return []
  return [{ heading: 'Warnings', level: 3 }, ...listOf(warnings.map(toInlines))]
}
