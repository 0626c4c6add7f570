import * as v from 'valibot'

/** Id from Cloudflare, which goes into paths of further calls, logs and records. */
const id = v.pipe(v.string(), v.regex(/^\w[\w.-]{0,99}$/, 'is not an id'))
/** A status: an open set of short texts, such as `revoked (exposed)`. */
const status = v.pipe(v.string(), v.regex(/^[\w ().,:-]{1,60}$/, 'is not a status'))
const optionalText = v.optional(v.nullable(v.string()))

/** Policy of a token, as far as it is compared and copied. */
const policySchema = v.looseObject({
  effect: v.picklist(['allow', 'deny']),
  permission_groups: v.array(v.looseObject({ id: v.string(), name: optionalText })),
  resources: v.record(v.string(), v.unknown())
})

/** Condition of a token, read whole so that no unknown key is lost. */
const conditionSchema = v.optional(v.nullable(v.record(v.string(), v.unknown())))

/** An account API token as a list or a read gives it. */
export const tokenSchema = v.looseObject({
  id,
  name: v.optional(v.string(), ''),
  status: v.optional(status, 'active'),
  issued_on: optionalText,
  expires_on: optionalText,
  not_before: optionalText,
  last_used_on: optionalText,
  policies: v.optional(v.array(policySchema), []),
  condition: conditionSchema
})

/** An account API token as far as this program reads it. */
export type TokenAnswer = v.InferOutput<typeof tokenSchema>

/** The answer to a creation: the only one that holds the value. */
export const createdTokenSchema = v.looseObject({
  ...tokenSchema.entries,
  value: v.pipe(v.string(), v.minLength(1))
})

/** An account API token that was just created, with its value. */
export type CreatedTokenAnswer = v.InferOutput<typeof createdTokenSchema>

/** Answer of a token about itself. */
export const verifySchema = v.looseObject({
  id,
  status,
  expires_on: optionalText
})

/** A token's answer about itself. */
export type VerifyAnswer = v.InferOutput<typeof verifySchema>

/** A permission group of account tokens. */
export const permissionGroupSchema = v.looseObject({
  id,
  name: v.string(),
  scopes: v.optional(v.nullable(v.array(v.string()))),
  /** Whether the caller may grant it, as far as Cloudflare says so. */
  is_selectable: v.optional(v.nullable(v.boolean()))
})

/** A secret of a Secrets Store; never its value. */
export const storeSecretSchema = v.looseObject({
  id,
  name: v.string(),
  status: v.optional(status, 'active'),
  modified: optionalText,
  comment: optionalText,
  scopes: v.optional(v.nullable(v.array(v.string())))
})

/** A secret of a Secrets Store as far as this program reads it. */
export type StoreSecret = v.InferOutput<typeof storeSecretSchema>

/** Quota and number of an account's secrets. */
export const secretsQuotaSchema = v.looseObject({
  secrets: v.looseObject({ quota: v.number(), usage: v.number() })
})

/** An Access service token as a list or a read gives it. */
export const serviceTokenSchema = v.looseObject({
  id,
  client_id: id,
  name: v.optional(v.string(), ''),
  duration: optionalText,
  enabled: v.optional(v.nullable(v.boolean())),
  created_at: optionalText,
  expires_at: optionalText,
  last_seen_at: optionalText
})

/** An Access service token as far as this program reads it. */
export type ServiceTokenAnswer = v.InferOutput<typeof serviceTokenSchema>

/** The answers to a creation and to a rotation: the only ones that hold the secret. */
export const createdServiceTokenSchema = v.looseObject({
  ...serviceTokenSchema.entries,
  client_secret: v.pipe(v.string(), v.minLength(1))
})

/** An Access service token with the secret that it was just given. */
export type CreatedServiceTokenAnswer = v.InferOutput<typeof createdServiceTokenSchema>

/** Rules of a policy or a group, of which only service tokens are read. */
const ruleList = v.optional(v.nullable(v.array(v.record(v.string(), v.unknown()))))

/** A policy or a group, whose body is written back whole. */
export const ruleSetSchema = v.looseObject({
  id,
  name: v.optional(v.string(), ''),
  include: ruleList,
  exclude: ruleList,
  require: ruleList,
  reusable: v.optional(v.nullable(v.boolean()))
})

/** A policy or a group as far as this program reads it. */
export type RuleSetAnswer = v.InferOutput<typeof ruleSetSchema>

/** An Access application; its policies are read by a route of their own. */
export const applicationSchema = v.looseObject({
  id,
  name: v.optional(v.string(), '')
})
