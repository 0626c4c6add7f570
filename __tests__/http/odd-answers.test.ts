import { describe, expect, it } from '@jest/globals'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { createStandingClock } from './standing-clock.ts'

/** Makes one call that always gets the same answer. */
async function call(answer: () => Response, errorMapper = cloudflareErrorMapper): Promise<Response> {
  const clock = createStandingClock()
  const apiFetch = createApiFetch({
    errorMapper,
    clock,
    random: () => 0,
    fetch: () => Promise.resolve(answer())
  })
  return await apiFetch('https://api.example/x', { method: 'POST' })
}

const json = { 'content-type': 'application/json' }

describe('unexpected API answer', () => {
  it.each([301, 302, 303, 307, 308, 408])(
    'reports an unknown effect for a POST that is answered with %i',
    async (status) => {
      const answer = (): Response => new Response(null, { status })
      await expect(call(answer)).rejects.toMatchObject({ effect: 'unknown' })
      await expect(call(answer, githubErrorMapper)).rejects.toMatchObject({ effect: 'unknown' })
    }
  )

  it.each([
    ['null', 'null'],
    ['a number', '7'],
    ['a string', '"fine"']
  ])('does not accept JSON that is %s as a success of Cloudflare', async (_what, body) => {
    const answer = (): Response => new Response(body, { headers: json })
    await expect(call(answer)).rejects.toMatchObject({ code: 'bad-answer', effect: 'unknown' })
  })

  it.each([200, 204, 205])('does not accept an empty %i as a success of Cloudflare', async (status) => {
    const answer = (): Response => new Response(status === 200 ? '' : null, { status })
    await expect(call(answer)).rejects.toMatchObject({ code: 'bad-answer', effect: 'unknown' })
  })

  it('accepts an empty 204 of GitHub as a success', async () => {
    expect((await call(() => new Response(null, { status: 204 }), githubErrorMapper)).status).toBe(204)
  })

  it('keeps the body of an answer with content-length 0, and drops that header', async () => {
    const answer = (): Response =>
      new Response('{"success":true,"result":{}}', { headers: { ...json, 'content-length': '0' } })
    const response = await call(answer)
    expect(response.headers.has('content-length')).toBe(false)
    expect(await response.json()).toEqual({ success: true, result: {} })
  })
})
