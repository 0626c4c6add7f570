import * as v from 'valibot'
import { duration } from '../../../src/kernel/fields.ts'

/** A workflow and how often it is started; durations in milliseconds. */
export interface Schedule {
  /** `owner/name/file`, in lower case: one schedule for each workflow. */
  readonly id: string
  /** `owner/name`. */
  readonly repository: string
  /** Name of the file in `.github/workflows`. */
  readonly workflow: string
  readonly ref: string
  readonly everyMs: number
  /** Time after `every` by which a run must have ended well. */
  readonly slackMs: number
  /** Time before the last slot of a credential ends at which the alarm is raised. */
  readonly warnMs: number
  /** Longest time of a run; a longer one is cancelled. */
  readonly longestMs: number
  readonly inputs: Readonly<Record<string, string>>
  /** Rotations that a report may name; undefined: any. */
  readonly rotations: readonly string[] | undefined
}

/** Part of the configuration that cannot be used. */
export interface Refused {
  /** Where it stands, such as `SCHEDULES[1]`. */
  readonly place: string
  readonly reason: string
}

const MINUTE = 60_000
const LEAST = 5 * MINUTE
const MOST = 100

const text = v.pipe(v.string('must be a text'), v.minLength(1, 'must not be empty'), v.maxLength(255))
const entry = v.strictObject({
  repository: v.pipe(text, v.regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name')),
  workflow: v.pipe(
    text,
    v.regex(/^(\.github\/workflows\/)?[\w.-]+\.ya?ml$/, 'must be the name of a file in .github/workflows'),
    v.transform((path) => path.slice(path.lastIndexOf('/') + 1))
  ),
  ref: text,
  every: v.pipe(duration, v.minValue(LEAST, 'must be at least 5m')),
  slack: v.optional(v.pipe(duration, v.minValue(MINUTE, 'must be at least 1m'))),
  warn: v.optional(v.pipe(duration, v.minValue(MINUTE, 'must be at least 1m'))),
  longest: v.optional(v.pipe(duration, v.minValue(LEAST, 'must be at least 5m'))),
  inputs: v.optional(
    v.pipe(
      v.record(v.string(), v.string('must be a text')),
      v.check((inputs) => Object.keys(inputs).length <= 25, 'must have at most 25 inputs')
    ),
    {}
  ),
  rotations: v.optional(v.pipe(v.array(text), v.minLength(1, 'must name a rotation')))
})

/** Parses `SCHEDULES`. What cannot be used is refused with its reason, and the others remain. */
export function parseSchedules(value: unknown): {
  readonly schedules: readonly Schedule[]
  readonly refused: readonly Refused[]
} {
  if (value === undefined) return { schedules: [], refused: [] }
  if (!Array.isArray(value)) return refuseAll('must be a list of schedules')
  if (value.length > MOST) return refuseAll(`must have at most ${MOST} schedules`)
  const schedules = new Map<string, Schedule>()
  const refused: Refused[] = []
  value.forEach((item: unknown, index) => {
    const place = `SCHEDULES[${index}]`
    const parsed = v.safeParse(entry, item)
    if (!parsed.success) {
      const [issue] = parsed.issues
      const path = v.getDotPath(issue)
      refused.push({ place: path === null ? place : `${place}.${path}`, reason: issue.message })
      return
    }
    const schedule = complete(parsed.output)
    const { id, repository, workflow } = schedule
    if (schedules.has(id))
      refused.push({ place, reason: `is a second schedule for ${workflow} of ${repository}` })
    else schedules.set(id, schedule)
  })
  return { schedules: [...schedules.values()], refused }
}

/** Id of the schedule for a workflow, given by its file or by its path. */
export function scheduleId(repository: string, workflow: string): string {
  return `${repository}/${workflow.slice(workflow.lastIndexOf('/') + 1)}`.toLowerCase()
}

function complete(given: v.InferOutput<typeof entry>): Schedule {
  const { repository, workflow, ref, every, inputs, rotations } = given
  return {
    ...{ id: scheduleId(repository, workflow), repository, workflow, ref, everyMs: every, inputs, rotations },
    slackMs: given.slack ?? Math.max(20 * MINUTE, every / 4),
    warnMs: given.warn ?? Math.max(15 * MINUTE, every / 2),
    longestMs: given.longest ?? 30 * MINUTE
  }
}

function refuseAll(reason: string): ReturnType<typeof parseSchedules> {
  return { schedules: [], refused: [{ place: 'SCHEDULES', reason }] }
}
