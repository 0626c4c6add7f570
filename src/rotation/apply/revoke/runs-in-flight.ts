import { allOrFirstError } from '../../../kernel/settle.ts'
import { asRotationError } from '../../../kernel/error.ts'
import type { CredentialObject, CredentialPort } from '../../model/ports.ts'
import type { RotationContext } from '../../model/rotation.ts'
import type { PlannedRevocation } from './revoke.ts'

/**
 * Finds the reason for which what PRIMARY held must not be revoked yet, as a sentence; undefined when it may be.
 * @param promotedAt when PRIMARY was written, in milliseconds: runs that were queued before may hold the previous values
 */
export async function findReasonToWait(
  context: RotationContext,
  replaced: readonly PlannedRevocation[],
  promotedAt: number
): Promise<string | undefined> {
  const { after } = context.rotation.revoke
  if (after === 'next-rotation') return '`revoke.after` is `next-rotation`'
  const running = await findRunsInFlight(context, promotedAt)
  if (running !== undefined) return running
  const reasons = await Promise.all(
    replaced.map(({ plan, revocation }) =>
      findLateConsumers(context, plan.observed.credential, revocation.object)
    )
  )
  return reasons.find((reason) => reason !== undefined)
}

/** Finds the destination whose consumers may still read an object from PRIMARY, since they get new values later, as a sentence. */
export async function findLateConsumers(
  { rotation }: RotationContext,
  { fields }: CredentialPort,
  object: CredentialObject
): Promise<string | undefined> {
  try {
    const reasons = await allOrFirstError(
      rotation.destinations.map((destination) => {
        const secrets = fields.flatMap(({ primary }) => destination.namesOf(primary))
        return destination.findReasonToWait?.(object, secrets)
      })
    )
    return reasons.find((reason) => reason !== undefined)
  } catch (thrown) {
    return `it could not be found out whether consumers still read it (${asRotationError(thrown).message})`
  }
}

/** Finds the workflow runs that were queued before an instant and may still hold the previous values, as a sentence. */
export async function findRunsInFlight(
  context: RotationContext,
  before: number
): Promise<string | undefined> {
  const { revoke, destinations } = context.rotation
  if (!revoke.waitForRuns) return undefined
  try {
    const runs = (await allOrFirstError(destinations.map((one) => one.runsInFlight?.(before) ?? []))).flat()
    return runs.length === 0 ? undefined : `workflow ${describeRuns([...new Set(runs)])} may still hold it`
  } catch (thrown) {
    return `it could not be found out which workflow runs may still hold it (${asRotationError(thrown).message})`
  }
}

function describeRuns(runs: readonly string[]): string {
  const shown = runs.slice(0, 3).join(', ')
  if (runs.length === 1) return `run ${shown}`
  return `runs ${shown}${runs.length > 3 ? ` and ${runs.length - 3} more` : ''}`
}
