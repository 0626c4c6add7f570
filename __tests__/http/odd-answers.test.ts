import { describe, expect, it } from '@jest/globals'
import { cloudflareErrorMapper } from '../../src/cloudflare/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { createStandingClock } from './standing-clock.ts'

/** Calls once with an answer that is always the same. */
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

describe('answers that no API should give', () => {
  it.each([301, 302, 303, 307, 308, 408])(
    'a %i says nothing about whether the call was carried out',
    async (status) => {
      const answer = (): Response => new Response(null, { status })
      await expect(call(answer)).rejects.toMatchObject({ effect: 'unknown' })
      await expect(call(answer, githubErrorMapper)).rejects.toMatchObject({ effect: 'unknown' })
    }
  )

  it.each([
    ['null', 'null'],
    ['a number', '7'],
    ['a text', '"fine"']
  ])('JSON that is %s is no success of Cloudflare', async (_what, body) => {
    const answer = (): Response => new Response(body, { headers: json })
    await expect(call(answer)).rejects.toMatchObject({ code: 'bad-answer', effect: 'unknown' })
  })

  it.each([200, 204, 205])('nor is a %i with nothing in it', async (status) => {
    const answer = (): Response => new Response(status === 200 ? '' : null, { status })
    await expect(call(answer)).rejects.toMatchObject({ code: 'bad-answer', effect: 'unknown' })
  })

  it('but GitHub answers a write with nothing', async () => {
    expect((await call(() => new Response(null, { status: 204 }), githubErrorMapper)).status).toBe(204)
  })

  it('an answer that says it has no length keeps its body, and does not keep saying so', async () => {
    const answer = (): Response =>
      new Response('{"success":true,"result":{}}', { headers: { ...json, 'content-length': '0' } })
    const response = await call(answer)
    expect(response.headers.has('content-length')).toBe(false)
    expect(await response.json()).toEqual({ success: true, result: {} })
  })
})
