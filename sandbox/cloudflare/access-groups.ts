import type { GroupCreateParams, GroupGetResponse } from 'cloudflare/resources/zero-trust/access/groups'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { noAccessObject } from './access-error.ts'
import { accessRules, settleRules, shuffleRules } from './access-rules.ts'
import type { AccessContext } from './access.ts'
import type { Entropy } from '../random.ts'
import { Propagated } from './propagated.ts'

/** Writable keys of a group; a PUT without one drops it. */
export const groupEntries = {
  name: v.pipe(v.string(), v.minLength(1)),
  include: v.pipe(accessRules, v.minLength(1)),
  exclude: v.exactOptional(accessRules),
  require: v.exactOptional(accessRules),
  is_default: v.exactOptional(v.boolean())
}

type GroupSchema = v.StrictObjectSchema<typeof groupEntries, undefined>

/** Writable part of a group. */
export type GroupBody = v.InferOutput<GroupSchema> & Omit<GroupCreateParams, 'account_id' | 'zone_id'>

/** Group; times are epoch milliseconds. */
export interface AccessGroup {
  readonly id: string
  readonly body: Propagated<GroupBody>
  readonly createdAt: number
  updatedAt: number
  /** Number of writes. */
  revision: number
}

/** Access groups of the account. */
export class AccessGroups {
  readonly #context: AccessContext
  readonly #byId = new Map<string, AccessGroup>()

  constructor(context: AccessContext) {
    this.#context = context
  }

  get all(): readonly AccessGroup[] {
    return [...this.#byId.values()]
  }

  find(id: string): AccessGroup | undefined {
    return this.#byId.get(id)
  }

  get(id: string): AccessGroup {
    const group = this.#byId.get(id)
    if (group === undefined) throw noAccessObject('group')
    return group
  }

  delete(group: AccessGroup): void {
    this.#byId.delete(group.id)
  }

  create(body: GroupBody): AccessGroup {
    const { clock, entropy, delays } = this.#context
    this.#context.checkRules(body)
    const now = clock.now()
    const group = {
      id: entropy.uuid(),
      body: new Propagated(settle(body), now + delays.policiesMs),
      createdAt: now,
      updatedAt: now,
      revision: 1
    }
    this.#byId.set(group.id, group)
    return group
  }

  /** Replaces the whole group: what is left out is removed. */
  replace(group: AccessGroup, body: GroupBody): void {
    this.#context.checkRules(body)
    group.updatedAt = this.#context.clock.now()
    group.revision += 1
    group.body.set(settle(body), group.updatedAt + this.#context.delays.policiesMs)
  }
}

/**
 * Formats a group as answers show it. The SDK types `is_default` as rules there, probably by mistake; `revision` is a read-only field that no client
 * knows.
 */
export function presentGroup(group: AccessGroup, order: Entropy) {
  return {
    id: group.id,
    uid: group.id,
    ...shuffleRules(group.body.current, order),
    revision: group.revision,
    created_at: isoSeconds(group.createdAt),
    updated_at: isoSeconds(group.updatedAt)
  } satisfies Omit<GroupGetResponse, 'is_default'> & Record<string, unknown>
}

function settle(body: GroupBody): GroupBody {
  return settleRules(body, Object.keys(groupEntries))
}
