import * as v from 'valibot'

/** Id from Cloudflare, which goes into paths of further calls, logs and records. */
const id = v.pipe(v.string(), v.regex(/^\w[\w.-]{0,99}$/, 'is not an id'))
/** A status: an open set of short texts, such as `revoked (exposed)`. */
const status = v.pipe(v.string(), v.regex(/^[\w ().,:-]{1,60}$/, 'is not a status'))

// Of an object in a list only the id must have the expected form: the account's other objects must not stop a rotation.
/** A text of an object; anything else counts as absent. */
const optionalText = v.fallback(v.optional(v.nullable(v.string())), undefined)
/** The name of an object; anything but a text is none. */
const objectName = v.fallback(v.nullish(v.string(), ''), '')
/** The status of an object; one of another form is not `active`. */
const objectStatus = v.fallback(v.nullish(status, 'active'), 'unknown')

/** What a token may do, as far as it is compared and copied; read of a token whose permissions count. */
export const tokenPermissionsSchema = v.looseObject({
  policies: v.array(
    v.looseObject({
      effect: v.picklist(['allow', 'deny']),
      permission_groups: v.array(
        v.looseObject({
          id: v.string(),
          name: optionalText,
          meta: v.optional(v.nullable(v.record(v.string(), v.unknown())))
        })
      ),
      resources: v.record(v.string(), v.unknown())
    })
  ),
  /** Read whole so that no unknown key is lost. */
  condition: v.optional(v.nullable(v.record(v.string(), v.unknown())))
})

/** An account API token as a list or a read gives it. */
export const tokenSchema = v.looseObject({
  id,
  name: objectName,
  status: objectStatus,
  issued_on: optionalText,
  expires_on: optionalText,
  not_before: optionalText,
  last_used_on: optionalText,
  /** Both by {@link tokenPermissionsSchema}. */
  policies: v.optional(v.unknown()),
  condition: v.optional(v.unknown())
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
  name: objectName,
  scopes: v.optional(v.nullable(v.array(v.string()))),
  /** Whether the caller may grant it, as far as Cloudflare says so. */
  is_selectable: v.optional(v.nullable(v.boolean()))
})

/** A secret of a Secrets Store; never its value. */
export const storeSecretSchema = v.looseObject({
  id,
  name: objectName,
  status: objectStatus,
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
  /** Empty where it has none that could be a pair's. */
  client_id: v.fallback(id, ''),
  name: objectName,
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
  client_id: id,
  client_secret: v.pipe(v.string(), v.minLength(1))
})

/** An Access service token with the secret that it was just given. */
export type CreatedServiceTokenAnswer = v.InferOutput<typeof createdServiceTokenSchema>

/** Rules of a policy or a group, of which only service tokens are read. */
const ruleList = v.optional(v.nullable(v.array(v.record(v.string(), v.unknown()))))

/** A policy or a group, whose body is written back whole. */
export const ruleSetSchema = v.looseObject({
  id,
  name: objectName,
  include: ruleList,
  exclude: ruleList,
  require: ruleList,
  reusable: v.optional(v.nullable(v.boolean()))
})

/** A policy or a group as far as this program reads it. */
export type RuleSetAnswer = v.InferOutput<typeof ruleSetSchema>

/** An Access application; its policies are read by a route of their own. */
export const applicationSchema = v.looseObject({ id })
