import { RotationError } from '../../kernel/error.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import { findHeldObject, isUnread } from '../model/observed-credential.ts'
import type { CredentialPort } from '../model/ports.ts'
import type { Rotation, RotationContext } from '../model/rotation.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import type { RunLog } from './run-log.ts'

/** Predecessors of the new credentials, by credential. */
export type Prepared = ReadonlyMap<CredentialPort, string | undefined>

/**
 * Checks before anything is written, even the lock, whether a rotation can succeed. Under the lock only credentials whose predecessor has changed are
 * checked again. An unread SECONDARY may be the predecessor of a PRIMARY that does not work.
 * @param before what was prepared without the lock
 * @throws RotationError what would stop the rotation
 */
export async function prepareAll(
  { reporter, rotation }: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[],
  before?: Prepared
): Promise<Prepared> {
  requireWritable(rotation)
  const known = plans.filter(
    ({ observed, serving, predecessor }) =>
      !(serving.slot === 'none' && isUnread(observed)) &&
      !(before?.has(observed.credential) === true && before.get(observed.credential) === predecessor?.id)
  )
  const [findings] = await allOrFirstError([
    allOrFirstError(
      known.map(({ observed: { credential }, predecessor }) => credential.prepare(predecessor))
    ),
    allOrFirstError(known.map(requirePassingChecks)),
    before === undefined ? allOrFirstError(rotation.rollout.map((gate) => gate.prepare())) : []
  ])
  for (const { message } of findings.flat()) {
    if (log.warnings.includes(message)) continue
    log.warnings.push(message)
    reporter.warning(message)
  }
  return new Map(known.map(({ observed, predecessor }) => [observed.credential, predecessor?.id]))
}

/** Makes sure that every destination can be written, as far as it was observed. @throws RotationError that says what prevents it */
export function requireWritable({ destinations }: Pick<Rotation, 'destinations'>): void {
  for (const destination of destinations) {
    const obstacle = destination.findObstacle?.()
    if (obstacle !== undefined) throw obstacle
  }
}

/**
 * Runs the read-only checks on a credential that was created by hand. Its name does not say what it is for, and its successor would inherit its
 * permissions, so the checks show first whether it is in the right slot. @throws RotationError `bad-input`
 */
async function requirePassingChecks({ observed }: CredentialPlan): Promise<void> {
  const { credential, primary } = observed
  const { values, reading } = primary
  if (values === undefined || reading.state !== 'working' || !credential.identifiesByUse) return
  if (findHeldObject(observed, 'primary')?.managed !== undefined) return
  const checks = credential.probes.filter(({ readsOnly, kind }) => readsOnly && kind === 'check')
  await allOrFirstError(
    checks.map(async (probe) => {
      const { verdict, detail } = await probe.run(values)
      if (verdict !== 'forbidden') return
      throw new RotationError(
        'bad-input',
        `${credential.name}: what PRIMARY holds does not pass its check "${probe.label}": ${detail}`,
        {
          hint: 'Check whether two lines of `env` are swapped, and give the token the permission that it needs. Nothing was changed.'
        }
      )
    })
  )
}
