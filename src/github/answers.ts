import * as v from 'valibot'

/** A public key that secrets are sealed with. */
export const publicKeySchema = v.looseObject({
  key_id: v.pipe(v.string(), v.minLength(1)),
  /** A Curve25519 key, 32 bytes in base64. */
  key: v.pipe(
    v.string(),
    v.check((text) => Buffer.from(text, 'base64').length === 32, 'is not a key of 32 bytes')
  )
})

/** A public key of a repository, an environment or an organization. */
export type PublicKey = v.InferOutput<typeof publicKeySchema>

/** Timestamp as GitHub writes it; anything else counts as absent, since people are shown it. */
const instant = v.fallback(
  v.optional(v.nullable(v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT[\d:.]{5,15}(Z|[+-]\d\d:\d\d)$/)))),
  undefined
)

/** One page of secrets: names and times, never values. */
export const secretsPageSchema = v.looseObject({
  total_count: v.number(),
  secrets: v.array(
    v.looseObject({
      name: v.string(),
      updated_at: instant,
      visibility: v.optional(v.picklist(['all', 'private', 'selected']))
    })
  )
})

/** A secret as a list shows it. */
export type ListedSecret = v.InferOutput<typeof secretsPageSchema>['secrets'][number]

/** The repositories that may read an organization's secret. */
export const selectedRepositoriesSchema = v.looseObject({
  total_count: v.number(),
  repositories: v.array(v.looseObject({ id: v.number() }))
})

/** A workflow run as far as this program reads it. */
export const runSchema = v.looseObject({
  id: v.number(),
  status: v.optional(v.nullable(v.string())),
  created_at: v.string(),
  run_started_at: v.optional(v.nullable(v.string()))
})

/** An issue as far as this program reads it. */
export const issueSchema = v.looseObject({
  number: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Checked by `issueUrl` before it is shown. */
  html_url: v.optional(v.unknown()),
  body: v.optional(v.nullable(v.string())),
  pull_request: v.optional(v.unknown())
})

/** One page of workflow runs. */
export const runsPageSchema = v.looseObject({
  total_count: v.optional(v.number()),
  workflow_runs: v.array(v.looseObject({ id: v.number(), created_at: v.optional(v.string()) }))
})
