import { asRotationError } from '../kernel/error.ts'
import type { CheckPort, Finding, RotationInventory } from '../rotation/model/finding.ts'
import type { Inventory, InventoryItem } from '../rotation/model/kinds.ts'
import { parseManagedName } from '../rotation/model/managed-name.ts'

/** The share of a limit from which the check warns. */
const CLOSE = 0.8
/** Most names that are listed; the others are counted. */
const MAX_NAMES = 20

/** Compares the account's credentials of one kind with the configuration: unmanaged ones, ones that never expire, and how close the limit is. */
export function createInventory(
  { label, limit, owner = 'account' }: Omit<Inventory<never>, 'list'>,
  list: () => Promise<readonly InventoryItem[]>
): CheckPort {
  return {
    run: async (known) => {
      try {
        const items = await list()
        return [
          ...findUnmanaged(items, label, known),
          ...findEndless(items, label),
          ...findLimit(items, { label, limit, owner })
        ]
      } catch (thrown) {
        const { code, message, hint } = asRotationError(thrown)
        // A token that is not set is reported already.
        if (code === 'missing-value') return []
        return [
          {
            kind: 'no-access',
            severity: 'warning',
            on: label,
            message: `The ${label} could not be listed: ${message}`,
            action: hint ?? 'Give the token the permission to read them, or ignore this finding.'
          }
        ]
      }
    }
  }
}

function findUnmanaged(
  items: readonly InventoryItem[],
  label: string,
  { heldIds, credentials }: RotationInventory
): readonly Finding[] {
  const unmanaged = items.filter(({ id, name, alive }) => {
    const managed = parseManagedName(name)
    const ours =
      managed !== undefined && credentials.has(`${managed.home}/${managed.rotation}/${managed.credential}`)
    return alive && !ours && !heldIds.has(id)
  })
  if (unmanaged.length === 0) return []
  return [
    {
      kind: 'unmanaged',
      severity: 'info',
      on: label,
      message: `${unmanaged.length} of ${items.length} ${label} are not rotated by this configuration: ${namesOf(unmanaged)}.`,
      action: 'Rotate those that matter too, and delete those that are no longer used.'
    }
  ]
}

function findEndless(items: readonly InventoryItem[], label: string): readonly Finding[] {
  const endless = items.filter(({ alive, expires }) => alive && !expires)
  if (endless.length === 0) return []
  return [
    {
      kind: 'never-expires',
      severity: 'warning',
      on: label,
      message: `${endless.length} of ${items.length} ${label} never expire: ${namesOf(endless)}.`,
      action: 'Set an expiry: a leaked one would work for ever.'
    }
  ]
}

/** An account that has more than the default limit was given another one, which is not known. */
function findLimit(
  items: readonly InventoryItem[],
  { label, limit, owner }: Required<Omit<Inventory<never>, 'list'>>
): readonly Finding[] {
  const isClose = items.length >= limit * CLOSE && items.length <= limit
  if (!isClose) return []
  return [
    {
      kind: 'limit-close',
      severity: 'warning',
      on: label,
      message: `The ${owner} has ${items.length} ${label}, and Cloudflare allows ${limit} by default.`,
      action:
        'Delete those that are no longer used, or ask Cloudflare to raise the limit: a rotation creates new ones.'
    }
  ]
}

function namesOf(items: readonly InventoryItem[]): string {
  const names = items.slice(0, MAX_NAMES).map(({ id, name }) => (name === '' ? id : name))
  const rest = items.length - names.length
  return rest === 0 ? names.join(', ') : `${names.join(', ')} and ${rest} more`
}
