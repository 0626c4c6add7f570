import { asRotationError } from '../../kernel/error.ts'
import { formatManagedName, parseManagedName } from '../model/managed-name.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import { retiredName } from './adopt.ts'
import { createdOf } from './create.ts'
import type { Work } from './work.ts'

/**
 * Marks promotions as complete, where names alone tell what is current: what this run leaves valid is named retired, and then the new credential loses
 * its mark. If a name cannot be changed, the next run rotates again, which does no harm.
 */
export async function completePromotion({
  context,
  log,
  plans
}: Pick<Work, 'context' | 'log' | 'plans'>): Promise<void> {
  await Promise.all(
    plans
      .filter(({ observed }) => observed.credential.current === 'unknown')
      .map(async (plan) => {
        const { credential } = plan.observed
        try {
          await retireKept({ context, log }, plan)
          const created = createdOf(log, credential)
          const managed = parseManagedName(created.object.name)
          if (managed === undefined) return
          const promoted = { ...managed, pending: false }
          const name = formatManagedName(promoted)
          await credential.rename(created.object, name)
          log.created.set(credential, { ...created, object: { ...created.object, name, managed: promoted } })
        } catch (thrown) {
          const warning = `${credential.name}: the promotion could not be marked as complete, so the next run rotates again (${asRotationError(thrown).message})`
          log.warnings.push(warning)
          context.reporter.warning(warning)
        }
      })
  )
}

/** Retires what remains valid. What another run may still be writing keeps its name: the next run then rotates again. */
async function retireKept(
  { context, log }: Pick<Work, 'context' | 'log'>,
  { observed: { credential } }: CredentialPlan
): Promise<void> {
  const kept = new Map(
    log.retained
      .filter((one) => one.credential === credential)
      .filter(({ kept: { elsewhere, unfinished } }) => elsewhere !== true && unfinished !== true)
      .map((one) => [one.kept.object.id, one.kept.object])
  )
  await Promise.all(
    [...kept.values()].map(async ({ id }) => {
      const object = await credential.reread(id)
      if (object === undefined || object.managed?.retired === true) return
      await credential.retire(object, retiredName(context, credential, object))
    })
  )
}
