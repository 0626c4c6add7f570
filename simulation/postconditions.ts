import * as v from 'valibot'
import { recordSchema } from '../src/rotation/record/schema.ts'
import { isFailure } from '../src/rotation/model/outcome.ts'
import type { Issue } from '../sandbox/github/repository-parts.ts'
import { existingObjects } from './credentials.ts'
import type { Violation } from './invariants.ts'
import { holdingsOf, classifySlot } from './slots.ts'
import { readConfiguration, type World, type WorldRun } from './world.ts'

/** Valid object in the account that no slot holds. */
export interface Orphan {
  readonly id: string
  readonly name: string
}

/** Finds valid objects that are managed, or were ever in a slot, and are in no slot. */
export function findOrphans(
  world: World,
  { configuration, everHeld }: { configuration: string; everHeld: ReadonlySet<string> }
): readonly Orphan[] {
  const held = new Set(
    holdingsOf(world, readConfiguration(configuration)).flatMap((holding) =>
      holding.slots().flatMap((slot) => classifySlot(world, holding.type, slot).ids)
    )
  )
  return existingObjects(world).filter(
    ({ id, name }) =>
      !held.has(id) && !world.unrelatedIds.has(id) && (name.startsWith('rotate/') || everHeld.has(id))
  )
}

/** Finds violations of I3: valid objects in no slot after a successful run for which the record states no reason. */
export function findUnexplainedOrphans(
  world: World,
  run: WorldRun,
  about: { configuration: string; everHeld: ReadonlySet<string> }
): readonly Violation[] {
  const kept = new Set(
    run.record.rotations.flatMap(({ credentials }) =>
      credentials.flatMap((credential) => credential.kept.map(({ id }) => id))
    )
  )
  return findOrphans(world, about)
    .filter(({ id }) => !kept.has(id))
    .map(({ name }) => ({
      invariant: 'I3',
      what: `I3: ${name} is alive, in no slot, and the record does not say why`
    }))
}

/** Reasons to keep an object until the next rotation, whatever the number of runs. */
const LASTING_REASON = /next rotation|`never`|a consumer still holds it/

/** Finds what is not clean: an orphan, a lease, a rule that names a missing object, an open alert. */
export function findLeftovers(
  world: World,
  { run, ...about }: { configuration: string; everHeld: ReadonlySet<string>; run: WorldRun | undefined }
): readonly string[] {
  const kept = new Set(
    run?.record.rotations
      .flatMap(({ credentials }) => credentials.flatMap((credential) => credential.kept))
      .filter(({ reason }) => LASTING_REASON.test(reason))
      .map(({ id }) => id)
  )
  const { access } = world.sandbox.cloudflare
  const named = [...JSON.stringify(access.ruleBodies).matchAll(/"token_id":"([^"]+)"/g)].map(([, id]) => id!)
  return [
    ...findOrphans(world, about)
      .filter(({ id }) => !kept.has(id))
      .map(({ name }) => `${name} is alive and in no slot`),
    ...world.account.namespace.keys.map((key) => `the lease ${key} is left`),
    ...[...new Set(named)].filter((id) => !access.serviceTokens.exists(id)).map((id) => `a rule names ${id}`),
    ...openAlerts(world).map(({ title }) => `an alert is open: ${title}`)
  ]
}

/** Lists the open alerts of the repository. */
export function openAlerts({ account }: World): readonly Issue[] {
  return account.repository.issues.filter(
    ({ state, labels }) => state === 'open' && labels.includes('credential-rotation')
  )
}

/**
 * Finds violations of I4: a failing run leaves exactly one alert, a successful one none, and one that was only cancelled changes nothing. A run whose
 * alert itself met a fault need not raise or close it, but never adds a second one.
 */
export function findAlertViolations(
  world: World,
  { record, alertError }: WorldRun,
  { faulted, before }: { readonly faulted: boolean; readonly before: number }
): readonly Violation[] {
  const open = openAlerts(world).length
  const breach = (what: string): readonly Violation[] => [{ invariant: 'I4', what: `I4: ${what}` }]
  if (open > Math.max(1, before)) return breach(`${open} alerts are open`)
  if (faulted) return []
  if (alertError !== undefined)
    return breach(`the alert failed although its calls did not: ${alertError.message}`)
  const { outcome } = record
  if (outcome === 'locked' || outcome === 'stale')
    return open === before ? [] : breach(`${outcome} changed the number of alerts to ${open}`)
  if (wasOnlyCancelled(record))
    return open === before
      ? []
      : breach(`a run that was only cancelled changed the number of alerts to ${open}`)
  if (isFailure(outcome)) return open === 1 ? [] : breach(`${outcome} without an alert`)
  return open === 0 ? [] : breach(`${outcome} left an alert open`)
}

/** Whether a run failed only because it was cancelled before it had changed anything. */
function wasOnlyCancelled({ error, outcome, rotations }: WorldRun['record']): boolean {
  const failed = rotations.filter((one) => isFailure(one.outcome))
  return (
    isFailure(outcome) &&
    (error === null ? failed.length > 0 : error.code === 'cancelled') &&
    failed.every(
      (one) =>
        one.error?.code === 'cancelled' &&
        !one.steps.some(({ name }) => /^(stage|create|promote|revoke)$/.test(name))
    )
  )
}

/** Finds a record that does not match its published schema. */
export function findRecordViolations({ record }: WorldRun): readonly Violation[] {
  const parsed = v.safeParse(recordSchema, record)
  if (parsed.success) return []
  const [issue] = parsed.issues
  return [
    {
      invariant: 'record',
      what: `the record is not as its schema says: ${v.getDotPath(issue)}: ${issue.message}`
    }
  ]
}
