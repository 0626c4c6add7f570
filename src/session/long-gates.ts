import { formatDuration } from '../kernel/clock.ts'
import type { RotationContext } from '../rotation/model/rotation.ts'
import type { SessionRequest } from './session.ts'

/** Finds rotations whose gates may take longer than the job lasts, each as a sentence. */
export function findLongGates(
  { command, clock, endsAt }: Pick<SessionRequest, 'command' | 'clock' | 'endsAt'>,
  contexts: readonly RotationContext[]
): readonly string[] {
  // The others do not wait for gates.
  if (endsAt === undefined || command === 'rollback' || command === 'contain') return []
  const leftMs = endsAt - clock.now()
  return contexts.flatMap(({ rotation: { name, rollout } }) => {
    const gatesMs = rollout.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0)
    if (gatesMs <= leftMs) return []
    return [
      `${name}: its rollout gates may take ${formatDuration(gatesMs)}, and the job has ${formatDuration(leftMs)} left, by its \`timeout-minutes\` and the ` +
        '60 minutes of a GitHub App token: a gate that takes longer is cut off, and the rotation is undone. Give the gates a shorter `timeout`, or the job ' +
        'a longer `timeout-minutes`.'
    ]
  })
}
