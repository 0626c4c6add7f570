import { asRotationError, withContext } from '../../kernel/error.ts'
import { allOrFirstError } from '../../kernel/settle.ts'
import type { RunLog } from './run-log.ts'
import { formatManagedName } from '../model/managed-name.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import type { CreatedCredential, CredentialObject, CredentialPort } from '../model/ports.ts'
import { verifyValues } from './verify.ts'
import { pollUntil } from '../../kernel/retry.ts'
import { isOwn, type RotationContext } from '../model/rotation.ts'

/** How long a creation whose answer was lost is looked up by its name, in milliseconds: the call may still be in progress. */
const LOOKUP_MS = 10_000

/** Creates the new credentials in parallel. The run log holds what was created even when this throws. */
export async function createCredentials(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  await allOrFirstError(plans.map((plan) => createCredential(context, log, plan)))
}

async function createCredential(context: RotationContext, log: RunLog, plan: CredentialPlan): Promise<void> {
  const { observed, predecessor: like } = plan
  const { credential } = observed
  const { clock, reporter } = context
  const now = clock.now()
  const name = nameFor(context, plan, now)
  log.wrote = true
  try {
    const created = await credential.create({ name, predecessor: like, now })
    log.created.set(credential, created)
    reporter.info(`${credential.name}: created ${created.object.id} (${name})`)
  } catch (thrown) {
    const error = asRotationError(thrown)
    if (error.effect !== 'not-applied') await removeLost(context, log, plan, name)
    throw withContext(error, `${credential.name}: no new credential could be created`)
  }
}

/** Formats the name of a new credential. Its stamp is later than any that this run has used, so no two objects share a name. */
export function nameFor(context: RotationContext, { observed }: CredentialPlan, now: number): string {
  const { rotation, run } = context
  const taken = observed.objects.flatMap((object) =>
    isOwn(rotation, observed.credential.name, object) ? (object.managed?.stampedAt ?? []) : []
  )
  const stampedAt = Math.max(Math.floor(now / 1000) * 1000, ...taken.map((stamp) => stamp + 1000))
  return formatManagedName({
    home: rotation.home.id,
    rotation: rotation.name,
    credential: observed.credential.name,
    stampedAt,
    runId: run.runId,
    attempt: run.attempt,
    pending: observed.credential.current === 'unknown'
  })
}

/** Removes what a creation without an answer may have left: its value is lost, so it is of no use. */
async function removeLost(
  context: RotationContext,
  log: RunLog,
  { observed: { credential }, renews }: CredentialPlan,
  name: string
): Promise<void> {
  if (renews !== undefined) {
    const left = await credential
      .discard({ object: renews })
      .catch((thrown: unknown) => asRotationError(thrown).message)
    if (left !== undefined) log.unresolved.push(`${credential.name}: ${left}`)
    return
  }
  const { clock, random, reporter } = context
  try {
    const found = await pollUntil({
      clock,
      random,
      firstDelayMs: 1_000,
      maxDelayMs: 4_000,
      withinMs: LOOKUP_MS,
      signal: context.cancelled,
      attempt: async () => {
        const objects = await credential.findByName(name)
        return objects.length === 0 ? undefined : objects
      }
    })
    for (const { id } of found ?? []) {
      await credential.remove(id, new Set())
      log.reverted.push(`${credential.name}: deleted ${id}, whose creation was not answered`)
      reporter.info(`${credential.name}: deleted ${id}, whose creation was not answered`)
    }
  } catch (thrown) {
    log.unresolved.push(
      `${credential.name}: an object named ${name} may exist; the next run deletes it (${asRotationError(thrown).message})`
    )
  }
}

/** Admits every new credential wherever its predecessor is admitted. */
export async function admitCredentials(log: RunLog, plans: readonly CredentialPlan[]): Promise<void> {
  await allOrFirstError(
    plans.map(async ({ observed: { credential }, predecessor: like }) => {
      try {
        await credential.admit(createdOf(log, credential), like)
      } catch (thrown) {
        throw withContext(thrown, `${credential.name}: the new credential could not be admitted`)
      }
    })
  )
}

/** Waits until every new credential is active and as expected, and runs every configured probe with it. */
export async function verifyCredentials(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  await allOrFirstError(
    plans.map(async ({ observed: { credential }, predecessor: like }) => {
      const created = createdOf(log, credential)
      await allOrFirstError([
        verifyObject(log, { credential, created, like }),
        verifyValues(context, log, { credential, values: created.values })
      ])
      context.reporter.info(`${credential.name}: ${created.object.id} is active and passed every check`)
    })
  )
}

async function verifyObject(
  log: RunLog,
  {
    credential,
    created,
    like
  }: { credential: CredentialPort; created: CreatedCredential; like: CredentialObject | undefined }
): Promise<void> {
  try {
    const object = await credential.verify(created, like)
    log.created.set(credential, { ...created, object })
  } catch (thrown) {
    throw withContext(
      thrown,
      `${credential.name}: the new credential ${created.object.id} is not what it should be`
    )
  }
}

/** Returns the new object of a credential, which must have been created. */
export function createdOf(log: RunLog, credential: CredentialPort): CreatedCredential {
  const created = log.created.get(credential)
  if (created === undefined) throw new TypeError(`${credential.name} was not created`)
  return created
}
