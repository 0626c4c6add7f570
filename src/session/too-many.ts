import { formatDuration } from '../kernel/clock.ts'
import type { Composition } from '../compose/compose.ts'
import type { SessionRun } from './explain-run.ts'
import type { SessionRequest } from './session.ts'

/** Warns in a plan of more rotations than the rate limits let one job do. */
export function warnOfTooMany(
  { command, clock, endsAt, reporter }: SessionRequest,
  composition: Composition,
  runs: readonly SessionRun[]
): void {
  if (command !== 'plan' || endsAt === undefined) return
  const due = runs.flatMap(({ configuration, run }) =>
    run.plan?.decision === 'rotate' ? [configuration] : []
  )
  const timeMs = endsAt - clock.now()
  const fitting = composition.countFitting(due, timeMs)
  if (fitting >= due.length) return
  reporter.warning(
    `${due.length} rotations are due, and the rate limits of Cloudflare and GitHub let a job of this length (${formatDuration(timeMs)} left) rotate about ${fitting}: the next runs rotate the rest. Give the job a longer \`timeout-minutes\`, or let them fall due on different days.`
  )
}
