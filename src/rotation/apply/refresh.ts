import { formatInstant } from '../../kernel/clock.ts'
import { RotationError } from '../../kernel/error.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import type { RotationContext } from '../model/rotation.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import { nameFor } from './create.ts'
import type { RunLog } from './run-log.ts'

/** Whether a rotation of the credential only extends its lifetime. */
export function isRefreshed({ observed: { credential } }: CredentialPlan): boolean {
  return credential.refresh !== undefined
}

/**
 * Refuses what a refresh cannot do, before anything is written: no new secret replaces one that does not work, or that was exposed.
 * @throws RotationError `not-contained` or `bad-input`
 */
export function requireRefreshable({ contain }: RotationContext, plans: readonly CredentialPlan[]): void {
  for (const { observed, serving } of plans.filter(isRefreshed)) {
    const { name } = observed.credential
    const hint = 'Use `strategy: replace` or `rotate` for this credential, and run again.'
    if (contain) {
      throw new RotationError(
        'not-contained',
        `Nothing was contained: ${name} has \`strategy: refresh\`, which changes no secret.`,
        { hint }
      )
    }
    if (serving.slot === 'none') {
      throw new RotationError(
        'bad-input',
        `${name}: what PRIMARY holds does not work, and \`strategy: refresh\` changes no secret. Nothing was changed.`,
        { hint: `Store a pair that works. Or: ${hint}` }
      )
    }
  }
}

/** Extends the lifetime of every credential with `strategy: refresh`, and records it as the new state of the same object. */
export async function refreshCredentials(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  await allOrFirstError(
    plans.map(async (plan) => {
      const { credential } = plan.observed
      if (credential.refresh === undefined || plan.predecessor === undefined) return
      const object = await credential.refresh(plan.predecessor, nameFor(context, plan, context.clock.now()))
      log.created.set(credential, { object, values: {} })
      const until = object.expiresAt === undefined ? '' : ` until ${formatInstant(object.expiresAt)}`
      context.reporter.info(`${credential.name}: ${object.id} was refreshed, and is valid${until}`)
    })
  )
}
