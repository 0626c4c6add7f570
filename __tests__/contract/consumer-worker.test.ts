import { afterEach, describe, it, expect, jest } from '@jest/globals'
import worker, { withSlots, type Env, type SecretBinding } from '../../examples/consumer-worker/src/index.ts'

function bindingOf(value: string): SecretBinding {
  return { get: () => Promise.resolve(value) }
}

const absent: SecretBinding = { get: () => Promise.reject(new Error('no such secret')) }

/** Creates a call that is answered by its token, and records the tokens that were used. */
function answering(statuses: Readonly<Record<string, number>>): {
  readonly used: string[]
  readonly call: (token: string) => Promise<Response>
} {
  const used: string[] = []
  const call = (token: string): Promise<Response> => {
    used.push(token)
    return Promise.resolve(new Response(token, { status: statuses[token] ?? 200 }))
  }
  return { used, call }
}

const slots = { PRIMARY: bindingOf('new'), SECONDARY: bindingOf('previous') }

describe('consumer example', () => {
  it('uses only PRIMARY while PRIMARY works', async () => {
    const { used, call } = answering({})
    expect(await (await withSlots(slots, call)).text()).toBe('new')
    expect(used).toEqual(['new'])
  })

  it.each([401, 403])('falls back to SECONDARY once when PRIMARY is answered %i', async (status) => {
    const { used, call } = answering({ new: status })
    const answer = await withSlots(slots, call)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe('previous')
    expect(used).toEqual(['new', 'previous'])
  })

  it('returns the refusal of SECONDARY when both slots are refused', async () => {
    const { used, call } = answering({ new: 401, previous: 403 })
    expect((await withSlots(slots, call)).status).toBe(403)
    expect(used).toEqual(['new', 'previous'])
  })

  it.each([404, 429, 500, 503])('does not repeat a call that is answered %i', async (status) => {
    const { used, call } = answering({ new: status })
    expect((await withSlots(slots, call)).status).toBe(status)
    expect(used).toEqual(['new'])
  })

  it('does not repeat a call that fails without an answer', async () => {
    let calls = 0
    const failing = (): Promise<Response> => {
      calls++
      return Promise.reject(new TypeError('connection lost'))
    }
    await expect(withSlots(slots, failing)).rejects.toThrow('connection lost')
    expect(calls).toBe(1)
  })

  it('returns the refusal of PRIMARY when there is no SECONDARY yet', async () => {
    const { used, call } = answering({ new: 401 })
    const answer = await withSlots({ PRIMARY: bindingOf('new'), SECONDARY: absent }, call)
    expect(await answer.text()).toBe('new')
    expect(used).toEqual(['new'])
  })

  it('does not try the value of PRIMARY again when SECONDARY is the same', async () => {
    const { used, call } = answering({ new: 401 })
    expect((await withSlots({ PRIMARY: bindingOf('new'), SECONDARY: bindingOf('new') }, call)).status).toBe(
      401
    )
    expect(used).toEqual(['new'])
  })

  it('uses SECONDARY when PRIMARY is missing, and fails when both are missing', async () => {
    const { used, call } = answering({})
    await withSlots({ PRIMARY: absent, SECONDARY: bindingOf('previous') }, call)
    expect(used).toEqual(['previous'])
    await expect(withSlots({ PRIMARY: absent, SECONDARY: absent }, call)).rejects.toThrow(
      'Neither PRIMARY nor SECONDARY'
    )
  })
})

describe('consumer Worker', () => {
  const fetched = globalThis.fetch
  afterEach(() => {
    globalThis.fetch = fetched
  })

  it('calls Cloudflare with the token of the slot that works', async () => {
    const seen: string[] = []
    globalThis.fetch = jest.fn<typeof fetch>((input, init) => {
      const { url, headers } = new Request(input, init)
      const authorization = headers.get('authorization') ?? ''
      seen.push(authorization)
      expect(url).toBe('https://api.cloudflare.com/client/v4/accounts/acc/secrets_store/stores/sto/secrets')
      return Promise.resolve(
        authorization === 'Bearer previous'
          ? Response.json({ success: true, result: [], result_info: { total_count: 7 } })
          : Response.json({ success: false }, { status: 401 })
      )
    })
    const env: Env = { ACCOUNT_ID: 'acc', STORE_ID: 'sto', ...slots }
    const answer = await worker.fetch(new Request('https://consumer.example/'), env)
    expect(await answer.text()).toBe('7\n')
    expect(seen).toEqual(['Bearer new', 'Bearer previous'])
  })
})
