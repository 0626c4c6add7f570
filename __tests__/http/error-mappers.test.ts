import { describe, expect, it } from '@jest/globals'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { RateLimited } from '../../src/http/rate-limited.ts'

const failure = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  call: { method: 'GET', path: '/x', status },
  headers: new Headers(headers),
  body,
  effect: 'not-applied' as const
})
const errors = (code: number, message = 'said so') => ({
  success: false,
  errors: [{ code, message }],
  messages: [],
  result: null
})

describe('Cloudflare error mapper', () => {
  it.each([
    [401, errors(1000), 'refused'],
    [400, errors(6003), 'bad-input'],
    [400, errors(1000), 'bad-input'],
    [401, errors(10000), 'permission'],
    [401, errors(10001), 'permission'],
    [401, errors(9109), 'permission'],
    [403, errors(1000), 'permission'],
    [403, errors(9109), 'permission'],
    [403, errors(10000), 'permission'],
    [404, errors(1001), 'not-found'],
    [400, errors(1001), 'bad-input'],
    [500, undefined, 'bad-answer'],
    [200, errors(1), 'bad-answer'],
    [429, errors(971), 'rate-limited'],
    [400, errors(971), 'rate-limited']
  ])('maps status %i with %j to the code %s', (status, body, code) => {
    expect(cloudflareErrorMapper.translate(failure(status, body))).toMatchObject({
      code,
      effect: 'not-applied'
    })
  })

  it('names the call, the status and the API code in the message', () => {
    const error = cloudflareErrorMapper.translate(failure(403, errors(10000, 'Authentication error')))
    expect(error.message).toBe('Cloudflare answered GET /x with 403: 10000 Authentication error.')
    expect(error.call).toEqual({ method: 'GET', path: '/x', status: 403, apiCode: 10000 })
  })

  it('decides by success and errors, never by messages, that an answer is a failure', () => {
    const verified = {
      success: true,
      errors: [],
      messages: [{ code: 10000, message: 'This API Token is valid and active' }]
    }
    expect(cloudflareErrorMapper.isFailure(verified)).toBe(false)
    expect(cloudflareErrorMapper.isFailure({ ...verified, success: false })).toBe(true)
    expect(cloudflareErrorMapper.isFailure({ errors: [] })).toBe(false)
    expect(cloudflareErrorMapper.isFailure(undefined)).toBe(false)
  })

  it('shortens a long message, and accepts errors that are malformed', () => {
    expect(
      cloudflareErrorMapper.translate(failure(400, errors(1, 'x'.repeat(5_000)))).message.length
    ).toBeLessThan(400)
    for (const body of ['text', null, [], { errors: 'x' }, { errors: [null, { code: 'x y' }] }])
      expect(cloudflareErrorMapper.translate(failure(400, body)).message).toBe(
        'Cloudflare answered GET /x with 400.'
      )
  })
})

describe('Cloudflare error code that is a string', () => {
  const refused = (status: number, entry: object, path = '/accounts/a/email/sending/send') =>
    cloudflareErrorMapper.translate({
      ...failure(status, { success: false, errors: [entry] }),
      call: { method: 'POST', path, status },
      effect: status < 500 ? 'not-applied' : 'unknown'
    })

  it('reads a numeric string as the API code', () => {
    const error = refused(403, { code: '10203', message: 'sending_disabled' })
    expect(error).toMatchObject({ code: 'permission', call: { apiCode: 10203 } })
    expect(error.message).toBe(
      'Cloudflare answered POST /accounts/a/email/sending/send with 403: 10203 sending_disabled.'
    )
    expect(refused(401, { code: '1000', message: 'Invalid API Token' }, '/x').code).toBe('refused')
  })

  it('shows an API code that is not a number in the message', () => {
    const error = refused(403, { code: 'sending_disabled', message: '' })
    expect(error.message).toContain('with 403: sending_disabled.')
    expect(error.call?.apiCode).toBeUndefined()
  })

  it.each([
    [500, '10002'],
    [503, '10100']
  ])('reports with status %i and code %s that the mail was not sent and can be retried', (status, code) => {
    expect(refused(status, { code, message: '' })).toMatchObject({ retryable: true, effect: 'not-applied' })
    expect(refused(status, { code, message: '' }, '/accounts/a/tokens').effect).toBe('unknown')
    expect(refused(status, { code, message: '' }).message).toContain('the mail was not sent')
  })
})

describe('Cloudflare error hint', () => {
  const hintOf = (entry: object, status = 403) =>
    cloudflareErrorMapper.translate(
      failure(status, { success: false, errors: [{ message: 'no', ...entry }] })
    )

  it('links the documentation page of the accepted permissions', () => {
    const page = 'https://developers.cloudflare.com/fundamentals/api/reference/permissions/'
    expect(hintOf({ code: 10000, documentation_url: page }).hint).toContain(page)
  })

  it.each([
    'https://evil.example/',
    'http://developers.cloudflare.com/',
    'https://cloudflare.com@evil.example/',
    'https://notcloudflare.com/',
    'javascript:alert(1)',
    7
  ])('does not link a page that is not from Cloudflare: %s', (page) => {
    expect(hintOf({ code: 10000, documentation_url: page }).hint).not.toContain('documentation')
  })

  it('explains which permissions a creating token can grant', () => {
    const error = hintOf({ code: 1001, message: 'Failed common permission check against resources' }, 400)
    expect(error).toMatchObject({ code: 'permission', effect: 'not-applied' })
    expect(error.hint).toMatch(/can grant only permissions that it holds itself.*resources that it may see/)
  })

  it('names account-id for code 9109, and the form of a token for a malformed header', () => {
    expect(hintOf({ code: 9109 }).hint).toContain('account-id')
    expect(hintOf({ code: 6003 }, 400).hint).toContain('form of a token')
  })
})

describe('GitHub error mapper', () => {
  it.each([
    [401, 'refused'],
    [403, 'permission'],
    [404, 'not-found'],
    [410, 'not-found'],
    [422, 'bad-input'],
    [500, 'bad-answer'],
    [429, 'rate-limited']
  ])('maps status %i of GitHub to the code %s', (status, code) => {
    expect(githubErrorMapper.translate(failure(status, { message: 'said so' }))).toMatchObject({ code })
  })

  it('names the permission that GitHub reports as missing', () => {
    const error = githubErrorMapper.translate(
      failure(
        403,
        { message: 'Resource not accessible' },
        { 'x-accepted-github-permissions': 'secrets=write' }
      )
    )
    expect(error.hint).toContain('It needs: secrets=write')
  })

  it.each([
    ['its retry-after header', { message: 'slow down' }, { 'retry-after': '7' }],
    ['its remaining calls', { message: 'no' }, { 'x-ratelimit-remaining': '0' }],
    ['its message', { message: 'You have exceeded a secondary rate limit' }, {}]
  ])('detects a rate limit with status 403 by %s', (_how, body, headers) => {
    const error = githubErrorMapper.translate(failure(403, body, headers))
    expect(error).toBeInstanceOf(RateLimited)
    expect(error.effect).toBe('not-applied')
  })

  it('marks a server error of GitHub as retryable, and a 422 as not', () => {
    expect(githubErrorMapper.translate(failure(502, undefined)).retryable).toBe(true)
    expect(githubErrorMapper.translate(failure(422, undefined)).retryable).toBe(false)
  })
})
