import * as v from 'valibot'
import { OUTCOMES } from '../../../src/rotation/model/outcome.ts'
import { readConfiguration } from '../config/configuration.ts'
import { scheduleId } from '../config/schedules.ts'
import type { Env } from '../env.ts'
import { askClock } from './ask-clock.ts'
import { readJson } from './read-json.ts'
import { RequestError, requireMethod } from './request-error.ts'
import { requireToken } from './tokens.ts'

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200))
const instant = v.pipe(
  v.string(),
  v.isoTimestamp('must be an ISO instant'),
  v.transform((text) => Date.parse(text)),
  v.finite('must be an ISO instant')
)
const slot = v.object({ expiresAt: v.nullable(instant) })

const reportSchema = v.object({
  repository: v.pipe(v.string(), v.regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'must be owner/name')),
  workflow: v.pipe(
    v.string(),
    v.regex(/^(\.github\/workflows\/)?[\w.-]{1,200}\.ya?ml$/, 'must be the file of a workflow')
  ),
  runId: v.pipe(
    v.union([v.string(), v.number()], 'must be the id of a run'),
    v.transform(String),
    v.regex(/^\d{1,20}$/, 'must be the id of a run')
  ),
  attempt: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
  outcome: v.picklist(OUTCOMES),
  endedAt: instant,
  nextDue: v.nullable(instant),
  credentials: v.pipe(
    v.array(
      v.object({
        rotation: name,
        credential: name,
        slots: v.object({ primary: slot, secondary: v.nullable(slot) })
      })
    ),
    v.maxLength(500)
  )
})

/** Room for the most credentials, with the longest names that the action has. */
const MAX_BYTES = 256 * 1024

/** Clocks of runners differ; a report from further ahead could hide every later one. */
const AHEAD_MS = 10 * 60_000

/** `POST /report`: the end of a run. */
export async function takeReport(request: Request, env: Env): Promise<Response> {
  requireMethod(request, 'POST')
  await requireToken(request, env, 'REPORT_TOKEN')
  const { repository, workflow, ...report } = await readJson(request, {
    schema: reportSchema,
    maxBytes: MAX_BYTES
  })
  const id = scheduleId(repository, workflow)
  const schedule = readConfiguration(env).schedules.find((one) => one.id === id)
  if (schedule === undefined)
    throw refuse('unknown-schedule', `SCHEDULES has no ${workflow} of ${repository}.`)
  const stranger = report.credentials.find(({ rotation }) => schedule.rotations?.includes(rotation) === false)
  if (stranger !== undefined)
    throw refuse('unknown-rotation', `The schedule of ${schedule.workflow} does not name this rotation.`)
  const { now } = await askClock<{ now: number }>(env, { kind: 'time' })
  if (report.endedAt > now + AHEAD_MS)
    throw new RequestError(400, 'bad-request', 'endedAt: must not be in the future.')
  return Response.json(await askClock(env, { kind: 'report', schedule: id, report }))
}

function refuse(code: string, message: string): RequestError {
  console.warn(JSON.stringify({ refused: 'report', code }))
  return new RequestError(404, code, message)
}
