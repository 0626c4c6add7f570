import type { PolicyGetResponse as PresentedAppPolicy } from 'cloudflare/resources/zero-trust/access/applications/policies'
import type { PolicyCreateParams, PolicyGetResponse } from 'cloudflare/resources/zero-trust/access/policies'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { parseAccessDuration } from './access-duration.ts'
import { noAccessObject } from './access-error.ts'
import { accessRules, settleRules, shuffleRules } from './access-rules.ts'
import type { AccessContext } from './access.ts'
import type { Entropy } from '../random.ts'
import { Propagated } from './propagated.ts'

const duration = v.pipe(
  v.string(),
  v.check((text) => parseAccessDuration(text) !== undefined, 'a duration')
)

/** Writable keys of a policy; a PUT without one drops it. */
export const policyEntries = {
  name: v.pipe(v.string(), v.minLength(1)),
  decision: v.picklist(['allow', 'deny', 'non_identity', 'bypass']),
  include: v.pipe(accessRules, v.minLength(1)),
  exclude: v.exactOptional(accessRules),
  require: v.exactOptional(accessRules),
  approval_groups: v.exactOptional(
    v.array(
      v.strictObject({
        approvals_needed: v.pipe(v.number(), v.minValue(0)),
        email_addresses: v.exactOptional(v.array(v.string())),
        email_list_uuid: v.exactOptional(v.string())
      })
    )
  ),
  approval_required: v.exactOptional(v.boolean()),
  connection_rules: v.exactOptional(
    v.strictObject({
      rdp: v.exactOptional(
        v.strictObject({
          allowed_clipboard_local_to_remote_formats: v.exactOptional(v.array(v.picklist(['text', 'file']))),
          allowed_clipboard_remote_to_local_formats: v.exactOptional(v.array(v.picklist(['text', 'file'])))
        })
      )
    })
  ),
  isolation_required: v.exactOptional(v.boolean()),
  mfa_config: v.exactOptional(
    v.strictObject({
      allowed_authenticators: v.exactOptional(v.array(v.picklist(['totp', 'biometrics', 'security_key']))),
      mfa_disabled: v.exactOptional(v.boolean()),
      session_duration: v.exactOptional(duration)
    })
  ),
  purpose_justification_prompt: v.exactOptional(v.string()),
  purpose_justification_required: v.exactOptional(v.boolean()),
  session_duration: v.exactOptional(v.nullable(duration))
}

type PolicySchema = v.StrictObjectSchema<typeof policyEntries, undefined>

/** Writable part of a policy. */
export type PolicyBody = v.InferOutput<PolicySchema> & Omit<PolicyCreateParams, 'account_id'>

/** Policy; times are epoch milliseconds. */
export interface AccessPolicy {
  readonly id: string
  /** Whether any application may use it, or only the one it was created in. */
  readonly reusable: boolean
  readonly body: Propagated<PolicyBody>
  readonly createdAt: number
  updatedAt: number
  /** Number of writes. */
  revision: number
}

/** Policies of the account, reusable ones and those of a single application. */
export class AccessPolicies {
  /** Ids of reusable policies that no list shows, although they take effect. */
  readonly unlisted = new Set<string>()
  /** Whether an application's list says which of its policies are reusable. */
  showsReusable = true
  readonly #context: AccessContext
  readonly #byId = new Map<string, AccessPolicy>()

  constructor(context: AccessContext) {
    this.#context = context
  }

  get all(): readonly AccessPolicy[] {
    return [...this.#byId.values()]
  }

  /** The reusable policies that a list shows. */
  get listed(): readonly AccessPolicy[] {
    return this.all.filter(({ id, reusable }) => reusable && !this.unlisted.has(id))
  }

  find(id: string): AccessPolicy | undefined {
    return this.#byId.get(id)
  }

  getReusable(id: string): AccessPolicy {
    const policy = this.#byId.get(id)
    if (policy === undefined || !policy.reusable) throw noAccessObject('policy')
    return policy
  }

  create(body: PolicyBody, { reusable }: { reusable: boolean }): AccessPolicy {
    const { clock, entropy, delays } = this.#context
    this.#context.checkRules(body)
    const now = clock.now()
    const policy: AccessPolicy = {
      id: entropy.uuid(),
      reusable,
      body: new Propagated(settle(body), now + delays.policiesMs),
      createdAt: now,
      updatedAt: now,
      revision: 1
    }
    this.#byId.set(policy.id, policy)
    return policy
  }

  delete(policy: AccessPolicy): void {
    this.#byId.delete(policy.id)
  }

  /** Replaces the whole policy: what is left out is removed. */
  replace(policy: AccessPolicy, body: PolicyBody): void {
    this.#context.checkRules(body)
    policy.updatedAt = this.#context.clock.now()
    policy.revision += 1
    policy.body.set(settle(body), policy.updatedAt + this.#context.delays.policiesMs)
  }
}

/** Formats a policy as both kinds of route show it, typed by the SDK except for `uid` and `revision`, a read-only field that no client knows. */
export function presentPolicy(policy: AccessPolicy, order: Entropy) {
  return {
    id: policy.id,
    uid: policy.id,
    ...shuffleRules(policy.body.current, order),
    revision: policy.revision,
    created_at: isoSeconds(policy.createdAt),
    updated_at: isoSeconds(policy.updatedAt)
  } satisfies PolicyGetResponse & PresentedAppPolicy & Record<string, unknown>
}

function settle(body: PolicyBody): PolicyBody {
  return settleRules(body, Object.keys(policyEntries))
}
