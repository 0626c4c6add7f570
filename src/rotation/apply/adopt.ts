import { allOrFirstError } from '../../kernel/settle.ts'
import { asRotationError, withContext } from '../../kernel/error.ts'
import type { RunLog } from './run-log.ts'
import { UNMANAGED_RUN, formatManagedName } from '../model/managed-name.ts'
import { idOf } from '../model/observed-credential.ts'
import { isToBeAdopted } from '../plan/journal.ts'
import type { CredentialPlan } from '../plan/plan.ts'
import type { CredentialObject, CredentialPort } from '../model/ports.ts'
import { hasTwoSlots, type RotationContext } from '../model/rotation.ts'

/**
 * Marks objects that were created by hand and that this run removes from the slots with a managed name: if this run ended before it revokes them, the
 * next one would not recognise them. @throws RotationError when an object cannot be renamed; then no slot is written
 */
export async function adoptAll(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  await allOrFirstError(plans.map((plan) => adoptPredecessor(context, log, plan)))
}

async function adoptPredecessor(
  context: RotationContext,
  log: RunLog,
  { observed, revoke, keep }: CredentialPlan
): Promise<void> {
  const { credential } = observed
  const leaving = [...revoke, ...keep.filter(({ elsewhere }) => elsewhere !== true)].map(
    ({ object }) => object
  )
  await allOrFirstError(
    leaving
      .filter(({ managed }) => managed === undefined)
      .map(async (object) => {
        const stillHeld =
          (object.id === idOf(observed.primary.reading) || isToBeAdopted(credential, object)) &&
          !hasTwoSlots(credential)
        const name = stillHeld
          ? adoptedName(context, credential, object)
          : retiredName(context, credential, object)
        // Another run may have adopted or retired it since: its name then says more than this run knows.
        const current = await credential.reread(object.id).catch(() => undefined)
        if (current?.managed !== undefined) return
        try {
          if (stillHeld) log.adopted.push({ credential, object })
          await credential.rename(object, name)
        } catch (thrown) {
          throw withContext(thrown, `${credential.name}: ${object.id} could not be renamed to a managed name`)
        }
      })
  )
}

/** Gives objects that PRIMARY holds again their original names, unless another run has retired them since. */
export async function undoAdoption(log: RunLog): Promise<void> {
  await Promise.all(
    log.adopted.map(async ({ credential, object }) => {
      try {
        const { managed } = (await credential.reread(object.id)) ?? {}
        if (managed === undefined || managed.retired === true) return
        await credential.rename(object, object.name)
      } catch (thrown) {
        log.warnings.push(
          `${credential.name}: ${object.id} could not be renamed back: ${asRotationError(thrown).message}`
        )
      }
    })
  )
}

/** Marks objects that a single slot with an unreadable value may have held as retired, once the successor is confirmed: they are in no slot then. */
export async function renamePossiblyHeld(
  context: RotationContext,
  log: RunLog,
  plans: readonly CredentialPlan[]
): Promise<void> {
  await Promise.all(
    plans.flatMap(({ observed: { credential }, keep }) => {
      if (hasTwoSlots(credential)) return []
      return keep
        .filter(({ possiblyHeld }) => possiblyHeld === true)
        .map(async ({ object }) => {
          try {
            await credential.retire(object, retiredName(context, credential, object))
          } catch (thrown) {
            log.warnings.push(
              `${credential.name}: ${object.id} could not be marked as retired: ${asRotationError(thrown).message}`
            )
          }
        })
    })
  )
}

/** Formats the name of an object that waits to be revoked. */
export function retiredName(
  context: RotationContext,
  credential: CredentialPort,
  old: CredentialObject
): string {
  return formatManagedName({ ...(old.managed ?? byHand(context, credential, old)), retired: true })
}

/** Formats the name of an object that was created by hand, while a rotation adopts it; an undo restores its original name. */
export function adoptedName(
  context: RotationContext,
  credential: CredentialPort,
  object: CredentialObject
): string {
  return formatManagedName(byHand(context, credential, object))
}

/** Objects that were created by hand carry run 0, which does not exist. */
function byHand({ rotation, clock }: RotationContext, credential: CredentialPort, object: CredentialObject) {
  return {
    home: rotation.home.id,
    rotation: rotation.name,
    credential: credential.name,
    stampedAt: object.issuedAt ?? clock.now(),
    ...UNMANAGED_RUN
  }
}
