import * as v from 'valibot'
import { described, matching, text } from '../kernel/fields.ts'
import { findUnsafeUrl } from '../kernel/safe-url.ts'
import type { ProbeKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { createS3Probe } from './s3.ts'

const endpoint = v.pipe(
  text('an https URL'),
  v.rawCheck(({ dataset, addIssue }) => {
    const message = dataset.typed ? findBadEndpoint(dataset.value) : undefined
    if (message !== undefined) addIssue({ message })
  })
)

const schema = v.strictObject({
  s3: v.pipe(
    v.strictObject({
      bucket: described(
        matching(
          /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
          'the name of an R2 bucket: 3 to 63 of a-z, 0-9 and -, neither beginning nor ending with -'
        ),
        'The bucket.'
      ),
      jurisdiction: described(
        v.optional(
          v.picklist(
            ['eu', 'fedramp', 'us'],
            'must be eu, fedramp or us, or left out for a bucket that has none'
          )
        ),
        'The jurisdiction of the bucket; left out, none.'
      ),
      endpoint: described(
        v.optional(endpoint),
        "Another URL of R2's S3 API; left out, that of the account and the jurisdiction."
      )
    }),
    v.check(
      ({ jurisdiction, endpoint }) => jurisdiction === undefined || endpoint === undefined,
      'must not have both jurisdiction and endpoint: the URL decides the jurisdiction'
    )
  )
})

/** A list of one object of a bucket, requested with the R2 key of an API token. */
export const s3Kind: ProbeKind<v.InferOutput<typeof schema>, DriverServices> = {
  key: 's3',
  schema,
  suits: ['api-token'],
  needs: { 'api-token': ['access-key-id', 'secret-access-key'] },
  provesRevocation: true,
  create: ({ s3: { bucket, jurisdiction, endpoint } }, { accountId, clock, fetch, secrets }) => {
    const host = [accountId, jurisdiction, 'r2.cloudflarestorage.com'].filter((part) => part !== undefined)
    return createS3Probe({
      bucket,
      endpoint: (endpoint ?? `https://${host.join('.')}`).replace(/\/+$/, ''),
      clock,
      fetch,
      redact: (text) => secrets.redact(text)
    })
  }
}

function findBadEndpoint(text: string): string | undefined {
  const unsafe = findUnsafeUrl(text)
  if (unsafe !== undefined) return unsafe
  const { search, hash } = new URL(text)
  return search === '' && hash === '' ? undefined : 'must have no query and no fragment'
}
