import { parseInstant } from '../kernel/clock.ts'
import { withoutUndefined } from '../kernel/optional.ts'
import { readManagedName } from '../rotation/model/managed-name.ts'
import type { CredentialObject } from '../rotation/model/ports.ts'

/** What Cloudflare answered about a credential, with its timestamps as they were sent. */
export interface ListedCredential {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly publicId?: string
  readonly createdAt: string | null | undefined
  readonly expiresAt: string | null | undefined
  readonly lastUsedAt: string | null | undefined
  /** Whether a rotation renames the same object, so that its name is newer than the object. */
  readonly renewable: boolean
  /** Whether the time in a managed name counts as the time of issue, before what Cloudflare says. */
  readonly issuedWhenNamed: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Turns what Cloudflare answered about a credential into what a rotation works with. */
export function toCredentialObject(listed: ListedCredential): CredentialObject {
  const { id, name, status, publicId, renewable, now } = listed
  const createdAt = parseInstant(listed.createdAt)
  const managed = readManagedName({ name, madeAt: createdAt, renewable, now })
  const issuedAt =
    (listed.issuedWhenNamed ? managed?.stampedAt : undefined) ?? createdAt ?? managed?.stampedAt
  const expiresAt = parseInstant(listed.expiresAt)
  const lastUsedAt = parseInstant(listed.lastUsedAt)
  return withoutUndefined({ id, name, status, publicId, managed, issuedAt, expiresAt, lastUsedAt })
}
