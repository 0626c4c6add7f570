import { describe, expect, it } from '@jest/globals'
import { cloudflareDialect } from '../../src/cloudflare/dialect.ts'
import { githubDialect } from '../../src/github/dialect.ts'
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

describe('Cloudflare', () => {
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
  ])('%i with %j is an error of its own kind', (status, body, code) => {
    expect(cloudflareDialect.translate(failure(status, body))).toMatchObject({ code, effect: 'not-applied' })
  })

  it('names the call, the status and the code, so that somebody can look them up', () => {
    const error = cloudflareDialect.translate(failure(403, errors(10000, 'Authentication error')))
    expect(error.message).toBe('Cloudflare answered GET /x with 403: 10000 Authentication error.')
    expect(error.call).toEqual({ method: 'GET', path: '/x', status: 403, apiCode: 10000 })
  })

  it('decides on success and errors, never on messages', () => {
    const verified = {
      success: true,
      errors: [],
      messages: [{ code: 10000, message: 'This API Token is valid and active' }]
    }
    expect(cloudflareDialect.isFailure(verified)).toBe(false)
    expect(cloudflareDialect.isFailure({ ...verified, success: false })).toBe(true)
    expect(cloudflareDialect.isFailure({ errors: [] })).toBe(false)
    expect(cloudflareDialect.isFailure(undefined)).toBe(false)
  })

  it('cuts a long message and survives errors that are none', () => {
    expect(
      cloudflareDialect.translate(failure(400, errors(1, 'x'.repeat(5_000)))).message.length
    ).toBeLessThan(400)
    for (const body of ['text', null, [], { errors: 'x' }, { errors: [null, { code: 'x y' }] }])
      expect(cloudflareDialect.translate(failure(400, body)).message).toBe(
        'Cloudflare answered GET /x with 400.'
      )
  })
})

describe('GitHub', () => {
  it.each([
    [401, 'refused'],
    [403, 'permission'],
    [404, 'not-found'],
    [410, 'not-found'],
    [422, 'bad-input'],
    [500, 'bad-answer'],
    [429, 'rate-limited']
  ])('%i is an error of its own kind', (status, code) => {
    expect(githubDialect.translate(failure(status, { message: 'said so' }))).toMatchObject({ code })
  })

  it('shows the permission that was missing', () => {
    const error = githubDialect.translate(
      failure(
        403,
        { message: 'Resource not accessible' },
        { 'x-accepted-github-permissions': 'secrets=write' }
      )
    )
    expect(error.hint).toContain('It needs: secrets=write')
  })

  it.each([
    ['a wait', { message: 'slow down' }, { 'retry-after': '7' }],
    ['nothing left', { message: 'no' }, { 'x-ratelimit-remaining': '0' }],
    ['its words', { message: 'You have exceeded a secondary rate limit' }, {}]
  ])('tells a rate limit of 403 by %s', (_how, body, headers) => {
    const error = githubDialect.translate(failure(403, body, headers))
    expect(error).toBeInstanceOf(RateLimited)
    expect(error.effect).toBe('not-applied')
  })

  it('may be tried again after a server error', () => {
    expect(githubDialect.translate(failure(502, undefined)).retryable).toBe(true)
    expect(githubDialect.translate(failure(422, undefined)).retryable).toBe(false)
  })
})
