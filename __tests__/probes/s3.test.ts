import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { createSandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../../sandbox/seed.ts'
import { seedR2Files } from '../../sandbox/seed-r2.ts'
import { serveSandbox } from '../../sandbox/server.ts'
import { USER_AGENT } from '../../src/http/user-agent.ts'
import { Secret, SecretRegistry } from '../../src/kernel/secret.ts'
import { createS3Probe } from '../../src/probes/s3.ts'
import { createStandingClock } from '../http/standing-clock.ts'

const ID = '0123456789abcdef0123456789abcdef'
const SECRET = createHash('sha256').update('cfat_the value of the token').digest('hex')
const LISTING =
  '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></ListBucketResult>'

const error = (status: number, code: string, message = 'why'): (() => Response) => {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return () => new Response(body, { status })
}

/** Runs a probe once against one answer. */
async function tryOnce(answer: () => Response | Promise<Response>) {
  const secrets = new SecretRegistry(() => undefined)
  const values = { 'access-key-id': new Secret(ID), 'secret-access-key': secrets.register(SECRET) }
  const sent: { url: URL; init: RequestInit; headers: Headers }[] = []
  const probe = createS3Probe({
    bucket: 'files',
    endpoint: 'https://account.eu.r2.cloudflarestorage.com',
    fetch: async (input, init = {}) => {
      sent.push({ url: new URL(input), init, headers: new Headers(init.headers) })
      return await answer()
    },
    clock: createStandingClock(),
    redact: (text) => secrets.redact(text)
  })
  const evidence = await probe.run(values)
  expect(sent).toHaveLength(1)
  return { probe, evidence, sent: sent[0]! }
}

it('an s3 probe with the real fetch lists a bucket on a loopback port', async () => {
  const sandbox = createSandbox()
  const { token, secretAccessKey } = seedR2Files(sandbox, seedBootstrapAccount(sandbox))
  const server = await serveSandbox(sandbox)
  try {
    const { clock } = sandbox
    const probe = createS3Probe({
      bucket: 'files',
      endpoint: `${server.origin}/r2`,
      fetch,
      clock: { ...createStandingClock(), now: () => clock.now() },
      redact: (text) => text
    })
    const key = { 'access-key-id': new Secret(token.id), 'secret-access-key': new Secret(secretAccessKey) }
    expect(await probe.run(key)).toMatchObject({ verdict: 'passed' })
    sandbox.cloudflare.tokens.delete(token.id)
    expect(await probe.run(key)).toMatchObject({ verdict: 'unauthenticated' })
  } finally {
    await server.close()
  }
})

describe('an s3 probe', () => {
  it('signs one ListObjectsV2 of one object with the key', async () => {
    const { probe, evidence, sent } = await tryOnce(() => new Response(LISTING))
    expect(probe).toMatchObject({ label: 's3: files', kind: 'check', readsOnly: true })
    expect(evidence).toEqual({ label: 's3: files', verdict: 'passed', detail: '200 ListObjectsV2' })
    expect(sent.url.href).toBe('https://account.eu.r2.cloudflarestorage.com/files?list-type=2&max-keys=1')
    expect(sent.init).toMatchObject({ method: 'GET', redirect: 'manual' })
    expect(sent.headers.get('user-agent')).toBe(USER_AGENT)
    expect(sent.headers.get('authorization')).toMatch(
      new RegExp(
        `^AWS4-HMAC-SHA256 Credential=${ID}/\\d{8}/auto/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$`
      )
    )
    expect([...sent.headers].join()).not.toContain(SECRET)
  })

  it.each([
    [401, 'Unauthorized', 'unauthenticated', 'is active'],
    [403, 'InvalidAccessKeyId', 'unauthenticated', 'is active'],
    [401, 'InvalidAccessKeyId', 'unauthenticated', 'is active'],
    [403, 'SignatureDoesNotMatch', 'forbidden', 'of the same token'],
    [403, 'AccessDenied', 'forbidden', 'jurisdiction'],
    [403, 'RequestTimeTooSkewed', 'inconclusive', 'clock'],
    [400, 'ExpiredRequest', 'inconclusive', 'clock'],
    [400, 'InvalidArgument', 'inconclusive', 'Look the code up'],
    [500, 'InternalError', 'inconclusive', 'Look the code up'],
    [429, 'TooManyRequests', 'inconclusive', 'Look the code up'],
    // A code with another status is not R2's.
    [200, 'Unauthorized', 'inconclusive', 'Look the code up'],
    [502, 'AccessDenied', 'inconclusive', 'Look the code up']
  ])('takes %i %s as %s', async (status, code, verdict, hint) => {
    const { evidence } = await tryOnce(error(status, code))
    expect(evidence).toMatchObject({ verdict, detail: `${status} ${code}: why.`, final: false })
    expect(evidence.hint).toContain(hint)
  })

  it('takes a missing bucket as final: waiting does not make one', async () => {
    const { evidence } = await tryOnce(error(404, 'NoSuchBucket'))
    expect(evidence).toMatchObject({ verdict: 'inconclusive', final: true })
    expect(evidence.hint).toContain('`jurisdiction`')
  })

  it.each([
    ['a block page', 403, '<!doctype html><title>blocked</title>'],
    ['a page of a proxy', 401, 'Unauthorized'],
    ['JSON', 403, '{"Code":"AccessDenied"}'],
    ['a page that quotes an error', 403, '<html><Error><Code>AccessDenied</Code></Error></html>'],
    ['a redirect', 302, ''],
    ['a success that lists nothing', 200, '<html>welcome</html>'],
    ['an empty success', 204, null]
  ])('concludes nothing from %s', async (_what, status, body) => {
    const { evidence } = await tryOnce(() => new Response(body, { status }))
    expect(evidence).toMatchObject({ verdict: 'inconclusive', detail: `${status} without an answer of R2.` })
    expect(evidence.hint).toContain('between the runner and R2')
  })

  it('concludes nothing from a lost connection', async () => {
    const { evidence } = await tryOnce(() => Promise.reject(new TypeError('fetch failed')))
    expect(evidence).toMatchObject({ verdict: 'inconclusive' })
    expect(evidence.hint).toContain('`endpoint`')
  })

  it('keeps neither the secret nor more than a part of what R2 says', async () => {
    const { evidence } = await tryOnce(error(403, 'SignatureDoesNotMatch', `${SECRET} ${'x'.repeat(5_000)}`))
    expect(evidence.detail).not.toContain(SECRET)
    expect(evidence.detail.length).toBeLessThan(400)
  })

  it('reads the beginning of an answer only', async () => {
    const { evidence } = await tryOnce(() => new Response(LISTING.replace('></', `>${'<a/>'.repeat(1e6)}</`)))
    expect(evidence.verdict).toBe('passed')
  })
})
