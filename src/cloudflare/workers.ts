import * as v from 'valibot'
import { parseAnswer } from '../http/parse-answer.ts'
import { parseInstant } from '../kernel/clock.ts'
import type { CloudflareCall } from './lists.ts'
import { PAGE_SIZE } from './limits.ts'

/** Version of a Worker, as far as this program reads it. */
export interface WorkerVersion {
  readonly id: string
  /** Later versions have greater numbers. */
  readonly number: number
  readonly createdAt: number | undefined
  /** Whether a change of secrets made it, as far as Cloudflare says so. */
  readonly bySecret: boolean
  /** Texts that were given to it when it was made, by key. */
  readonly tags: Readonly<Record<string, string>>
}

/** Worker as Cloudflare shows it; never the value of a secret. */
export interface WorkerState {
  /** Names of the newest version's secrets. */
  readonly secrets: ReadonlySet<string>
  /** The newest versions, the newest first. */
  readonly versions: readonly WorkerVersion[]
  /** Ids of the versions that each of the latest deployments serves, the latest first. */
  readonly deployments: readonly (readonly string[])[]
}

const texts = v.optional(v.nullable(v.record(v.string(), v.unknown())))
/** Tags are looked for wherever a version may show them: Cloudflare does not document the place. */
const versionSchema = v.looseObject({
  id: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  number: v.number(),
  metadata: v.optional(v.looseObject({ created_on: v.optional(v.string()), annotations: texts })),
  annotations: texts,
  version_tags: texts
})
const versionsSchema = v.looseObject({ items: v.array(versionSchema) })
const deploymentsSchema = v.looseObject({
  deployments: v.array(
    v.looseObject({ versions: v.array(v.looseObject({ version_id: v.string(), percentage: v.number() })) })
  )
})
const secretsSchema = v.array(v.looseObject({ name: v.string() }))

/** Key of the annotation that says what made a version. */
const TRIGGER = 'workers/triggered_by'

/** Reads a Worker's secrets, its newest versions and its latest deployments. */
export async function readWorker(call: CloudflareCall, script: string): Promise<WorkerState> {
  const [secrets, versions, deployments] = await Promise.all([
    call((sdk, account_id) => sdk.workers.scripts.secrets.list(script, { account_id })),
    call((sdk, account_id) => sdk.workers.scripts.versions.list(script, { account_id, per_page: PAGE_SIZE })),
    call((sdk, account_id) => sdk.workers.scripts.deployments.list(script, { account_id }))
  ])
  return {
    secrets: new Set(
      parseAnswer(secretsSchema, secrets.result, 'listing the secrets of a Worker').map(({ name }) => name)
    ),
    versions: parseAnswer(versionsSchema, versions.result, 'listing the versions of a Worker')
      .items.map(toVersion)
      .sort((a, b) => b.number - a.number),
    deployments: parseAnswer(
      deploymentsSchema,
      deployments.result,
      'listing the deployments of a Worker'
    ).deployments.map(({ versions: served }) =>
      served.filter(({ percentage }) => percentage > 0).map(({ version_id }) => version_id)
    )
  }
}

function toVersion({
  id,
  number,
  metadata,
  annotations,
  version_tags
}: v.InferOutput<typeof versionSchema>): WorkerVersion {
  const all = Object.entries({ ...metadata?.annotations, ...annotations, ...version_tags })
  const tags = Object.fromEntries(
    all.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  )
  return {
    id,
    number,
    createdAt: parseInstant(metadata?.created_on),
    bySecret: tags[TRIGGER] === 'secret',
    tags
  }
}
