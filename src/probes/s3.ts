import { AwsV4Signer } from 'aws4fetch'
import { readBody } from '../http/read-body.ts'
import { USER_AGENT } from '../http/user-agent.ts'
import type { Clock } from '../kernel/clock.ts'
import type { FieldValues, Probe, ProbeEvidence } from '../rotation/model/ports.ts'
import { explainNetworkError } from './explain.ts'
import { shorten } from './http.ts'
import { explainS3Answer, findS3Error, isListing, type S3Explanation } from './s3-answers.ts'

/** What {@link createS3Probe} is built from. */
export interface S3ProbeOptions {
  readonly bucket: string
  /** URL of R2's S3 API, without a slash at the end. */
  readonly endpoint: string
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly redact: (text: string) => string
}

/** Time-out of one try, in milliseconds. */
const TIMEOUT_MS = 10_000
/** Longest answer that is read, in bytes after decompression; a list of one object is much shorter. */
const MAX_BODY = 64 * 1024
/** Longest message of R2 that is kept, in characters. */
const MAX_MESSAGE = 300
/** SHA-256 of an empty body. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** Probe that lists one object of a bucket with an R2 key. */
export function createS3Probe(options: S3ProbeOptions): Probe {
  const label = `s3: ${options.bucket}`
  return { label, kind: 'check', readsOnly: true, run: (values) => run(label, options, values) }
}

async function run(label: string, options: S3ProbeOptions, values: FieldValues): Promise<ProbeEvidence> {
  const { clock, redact } = options
  const { url, headers } = await sign(options, values)
  const deadline = clock.deadline(TIMEOUT_MS)
  try {
    const response = await options.fetch(url, {
      method: 'GET',
      redirect: 'manual',
      signal: deadline.signal,
      headers
    })
    const { text } = await readBody(response, { maxBytes: MAX_BODY, signal: deadline.signal })
    const { status } = response
    if (status === 200 && isListing(text)) return { label, verdict: 'passed', detail: '200 ListObjectsV2' }
    const error = findS3Error(text)
    const said = error === undefined ? '' : ` ${error.code}: ${shorten(redact(error.message), MAX_MESSAGE)}`
    return fail(label, `${status}${said || ' without an answer of R2'}`, explainS3Answer(status, error?.code))
  } catch (thrown) {
    const timedOut = deadline.signal.aborted
    const { meaning } = explainNetworkError(thrown, { timedOut, timeoutMs: TIMEOUT_MS })
    return fail(label, meaning, {
      verdict: 'inconclusive',
      hint: 'Check the network of the runner, and `jurisdiction` or `endpoint` of the probe.'
    })
  } finally {
    deadline.clear()
  }
}

/** Signs the request, as of the run's own clock. */
async function sign(
  { bucket, endpoint, clock }: S3ProbeOptions,
  values: FieldValues
): Promise<{ readonly url: URL; readonly headers: Headers }> {
  const accessKeyId = values['access-key-id']
  const secretAccessKey = values['secret-access-key']
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new TypeError('`s3` needs the fields "access-key-id" and "secret-access-key"')
  const signer = new AwsV4Signer({
    method: 'GET',
    url: `${endpoint}/${bucket}?list-type=2&max-keys=1`,
    headers: { 'x-amz-content-sha256': EMPTY_SHA256 },
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    service: 's3',
    region: 'auto',
    datetime: new Date(clock.now()).toISOString().replace(/[-:]|\.\d{3}/g, '')
  })
  const { url, headers } = await signer.sign()
  headers.set('user-agent', USER_AGENT)
  return { url, headers }
}

function fail(label: string, meaning: string, { verdict, hint, final }: S3Explanation): ProbeEvidence {
  const detail = /[.!]$/.test(meaning) ? meaning : `${meaning}.`
  return { label, verdict, detail, hint, final: final === true }
}
