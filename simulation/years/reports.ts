import * as v from 'valibot'
import type { Report } from '../../coordinator/src/rules/report.ts'
import { OUTCOMES } from '../../src/rotation/model/outcome.ts'

const instant = v.pipe(
  v.string(),
  v.transform((text) => Date.parse(text))
)
const slot = v.object({ expiresAt: v.nullable(instant) })
const reportSchema = v.object({
  runId: v.string(),
  attempt: v.number(),
  outcome: v.picklist(OUTCOMES),
  endedAt: instant,
  nextDue: v.nullable(instant),
  credentials: v.array(
    v.object({
      rotation: v.string(),
      credential: v.string(),
      slots: v.object({ primary: slot, secondary: v.nullable(slot) })
    })
  )
})

const bodySchema = v.pipe(
  v.string(),
  v.transform((text): unknown => JSON.parse(text)),
  reportSchema
)

/** Makes the coordinator that takes the reports of runs, unless Cloudflare is down. */
export function takeReports(
  isUp: () => boolean,
  onReport: (report: Report) => void
): (request: Request) => Promise<Response> {
  return async (request) => {
    if (!isUp()) return Response.json({}, { status: 503 })
    onReport(v.parse(bodySchema, await request.text()))
    return Response.json({ accepted: true })
  }
}
