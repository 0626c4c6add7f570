import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { AwsV4Signer } from 'aws4fetch'
import { isSignedWith, parseAuthorization } from '../../sandbox/r2/signature.ts'
import { seedR2Files } from '../../sandbox/seed-r2.ts'
import { serveSandbox } from '../../sandbox/server.ts'
import { createStage } from './stage.ts'

const ACCOUNT = '023e105f4ecef8ad9ca31a8372d0c353'
const EU = `https://${ACCOUNT}.eu.r2.cloudflarestorage.com`

function createR2Stage() {
  const stage = createStage()
  const { token, secretAccessKey } = seedR2Files(stage.sandbox, stage.account)
  const list = async ({
    url = `${EU}/files?list-type=2&max-keys=1`,
    id = token.id,
    secret = secretAccessKey,
    at = stage.clock.now(),
    fetch = stage.sandbox.fetch
  } = {}) => {
    const signer = new AwsV4Signer({
      url,
      accessKeyId: id,
      secretAccessKey: secret,
      service: 's3',
      region: 'auto',
      datetime: new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '')
    })
    const { url: signed, headers } = await signer.sign()
    const response = await fetch(signed, { headers })
    return `${response.status} ${await response.text()}`
  }
  return { ...stage, token, secretAccessKey, list }
}

describe("R2's S3 API", () => {
  it('lists the objects of a bucket for a key that may read it', async () => {
    const { list } = createR2Stage()
    expect(await list()).toMatch(
      /^200 <\?xml .*<ListBucketResult .*<KeyCount>1<.*<IsTruncated>true<.*<Key>documents\/test.txt<\/Key>/
    )
  })

  it('has other buckets in each jurisdiction', async () => {
    const { list } = createR2Stage()
    for (const host of [`${ACCOUNT}.`, `${ACCOUNT}.us.`])
      expect(await list({ url: `https://${host}r2.cloudflarestorage.com/files?list-type=2` })).toMatch(
        /^404 .*<Code>NoSuchBucket</
      )
  })

  it('refuses a secret that does not belong to the id, and an id that no token has', async () => {
    const { list } = createR2Stage()
    expect(await list({ secret: '0'.repeat(64) })).toMatch(/^403 .*<Code>SignatureDoesNotMatch</)
    expect(await list({ id: '0'.repeat(32) })).toMatch(/^401 .*<Code>Unauthorized</)
  })

  it('refuses a request whose query was changed after it was signed', async () => {
    const { list, sandbox } = createR2Stage()
    const fetch: typeof globalThis.fetch = (input, init) =>
      sandbox.fetch((input as URL).href.replace('max-keys=1', 'max-keys=2'), init)
    expect(await list({ fetch })).toMatch(/^403 .*<Code>SignatureDoesNotMatch</)
  })

  it('refuses a signature of another time', async () => {
    const { list, clock } = createR2Stage()
    expect(await list({ at: clock.now() - 3_600_000 })).toMatch(/^403 .*<Code>RequestTimeTooSkewed</)
  })

  it('accepts a key only while its token is active and known everywhere', async () => {
    const { list, token, sandbox, clock } = createR2Stage()
    token.disabled = true
    expect(await list()).toMatch(/^401 /)
    token.disabled = false
    token.usableFrom = clock.now() + 1_000
    expect(await list()).toMatch(/^401 /)
    clock.advance(1_000)
    expect(await list()).toMatch(/^200 /)
    sandbox.cloudflare.tokens.delete(token.id)
    expect(await list()).toMatch(/^401 /)
  })

  it('refuses a bucket that the key has no permission for', async () => {
    const { list, sandbox } = createR2Stage()
    sandbox.cloudflare.r2.addBucket('others', 'eu')
    expect(await list({ url: `${EU}/others?list-type=2` })).toMatch(/^403 .*<Code>AccessDenied</)
  })

  it('takes a permission on the whole account, also that of a user token', async () => {
    const { list, sandbox } = createR2Stage()
    const { id, value } = sandbox.cloudflare.userTokens.seed({
      name: 'all',
      groups: ['Workers R2 Storage Read']
    })
    expect(await list({ id, secret: createHash('sha256').update(value).digest('hex') })).toMatch(/^200 /)
  })

  it('is served below /r2 of a loopback port', async () => {
    const { list, sandbox } = createR2Stage()
    const server = await serveSandbox(sandbox)
    try {
      const url = `${server.origin}/r2/files?list-type=2&max-keys=1`
      expect(await list({ url, fetch: globalThis.fetch })).toMatch(/^200 /)
    } finally {
      await server.close()
    }
  })

  it('takes the signature of the example in the documentation of Amazon S3', () => {
    const request = new Request('https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J', {
      headers: {
        'x-amz-date': '20130524T000000Z',
        'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
      }
    })
    const header = parseAuthorization(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
        'SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'
    )
    expect(header?.accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE')
    expect(isSignedWith(request, header!, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')).toBe(true)
    expect(isSignedWith(request, header!, 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEX')).toBe(false)
  })
})
