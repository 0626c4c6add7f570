import type { Verdict } from '../rotation/model/ports.ts'

/** Error of S3's API, as R2 answers it in XML. */
export interface S3Error {
  readonly code: string
  readonly message: string
}

/** Meaning of an answer of R2, and what to do about it. */
export interface S3Explanation {
  readonly verdict: Verdict
  readonly hint: string
  /** Waiting does not help. */
  readonly final?: boolean
}

const UNKNOWN_KEY = 'Check that the secrets hold the R2 key, and that its token is active.'

/**
 * Error codes that say something about the key, with their status; R2's and Amazon's documentation. Which of them R2 answers to the key of a deleted
 * token is not documented: each of them is a refusal.
 */
const EXPLANATIONS: Readonly<Record<string, S3Explanation>> = {
  '401 Unauthorized': { verdict: 'unauthenticated', hint: UNKNOWN_KEY },
  '401 InvalidAccessKeyId': { verdict: 'unauthenticated', hint: UNKNOWN_KEY },
  '403 InvalidAccessKeyId': { verdict: 'unauthenticated', hint: UNKNOWN_KEY },
  '403 SignatureDoesNotMatch': {
    verdict: 'forbidden',
    hint: 'The secret access key does not belong to the access key id: check that both secrets are of the same token.'
  },
  // R2 also answers so where the bucket is in another jurisdiction, or a permission has not reached it yet.
  '403 AccessDenied': {
    verdict: 'forbidden',
    hint: 'Give the token the permission "Workers R2 Storage Bucket Item Read" or Write for this bucket, and check `jurisdiction` of the probe.'
  },
  '404 NoSuchBucket': {
    verdict: 'inconclusive',
    hint: 'The jurisdiction has no bucket of this name: check `bucket` and `jurisdiction`.',
    final: true
  },
  '403 RequestTimeTooSkewed': { verdict: 'inconclusive', hint: "Check the runner's clock." },
  '400 ExpiredRequest': { verdict: 'inconclusive', hint: "Check the runner's clock." }
}

/** Explains an answer that is not a list of objects. Only R2's own error codes say something about the key. */
export function explainS3Answer(status: number, code: string | undefined): S3Explanation {
  const known = code === undefined ? undefined : EXPLANATIONS[`${status} ${code}`]
  if (known !== undefined) return known
  if (code === undefined)
    return {
      verdict: 'inconclusive',
      hint: 'Check what stands between the runner and R2 (a proxy, a firewall), and `endpoint` of the probe.'
    }
  return { verdict: 'inconclusive', hint: "Look the code up in the error codes of R2's documentation." }
}

/** Tells whether a body is the answer to ListObjectsV2. */
export function isListing(body: string): boolean {
  return /^\s*(?:<\?xml[^>]*\?>\s*)?<ListBucketResult[\s>]/.test(body)
}

/** Finds the error in a body of S3's API; undefined where the answer is of something else. */
export function findS3Error(body: string): S3Error | undefined {
  if (!/^\s*(?:<\?xml[^>]*\?>\s*)?<Error[\s>]/.test(body)) return undefined
  const code = /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(body)?.[1]
  return code === undefined
    ? undefined
    : { code, message: /<Message>([^<]*)<\/Message>/.exec(body)?.[1] ?? '' }
}
