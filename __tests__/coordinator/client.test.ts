import { createHmac } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { CoordinatorClient } from '../../src/coordinator/client.ts'
import { reportRun } from '../../src/coordinator/report.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { failingRun, rotation } from '../alerts/records.ts'
import { createStandingClock } from '../http/standing-clock.ts'

const NONCE = Buffer.alloc(32, 7).toString('base64')

/** A client with the requests that it made and the answers that it gets. */
function createClient(answer: (url: string, init: RequestInit) => Response | Promise<Response>) {
  const requests: { url: string; authorization: string | null; body: unknown }[] = []
  const client = new CoordinatorClient({
    url: 'https://coordinator.example.com/',
    tokens: {
      report: { variable: 'REPORT', token: new Secret('the-token-of-reports') },
      slots: { variable: 'SLOTS', token: new Secret('the-token-of-slots') }
    },
    nonce: () => NONCE,
    clock: createStandingClock(),
    fetch: async (url, init = {}) => {
      const authorization = new Headers(init.headers).get('authorization')
      requests.push({ url: url as string, authorization, body: JSON.parse(init.body as string) as unknown })
      return await answer(url as string, init)
    }
  })
  return { client, requests }
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status })
}

describe('a report to the coordinator', () => {
  it('holds how the run ended and when each slot ends, and no secret', async () => {
    const { client, requests } = createClient(() => json({ accepted: true }))
    const warnings: string[] = []
    await reportRun(failingRun({ rotations: [rotation()] }), {
      client,
      reporter: { info: () => undefined, warning: (message) => void warnings.push(message) }
    })
    expect(warnings).toEqual([])
    expect(requests).toEqual([
      {
        url: 'https://coordinator.example.com/report',
        authorization: 'Bearer the-token-of-reports',
        body: {
          repository: 'octo-org/ops',
          workflow: '.github/workflows/rotate.yml',
          runId: '4711',
          attempt: 2,
          outcome: 'rolled-back',
          endedAt: '2026-01-02T00:00:20Z',
          nextDue: null,
          credentials: [
            expect.objectContaining({ rotation: 'bootstrap', credential: 'token-creation' }),
            expect.objectContaining({ rotation: 'bootstrap', credential: 'secret-edit' })
          ]
        }
      }
    ])
  })

  it.each([
    [
      'is refused',
      () => json({ error: { code: 'unauthorized', message: 'wrong' } }, 401),
      '401: unauthorized'
    ],
    ['gets no answer', () => Promise.reject(new TypeError('fetch failed')), 'could not be reached']
  ])('is a warning when it %s', async (_what, answer, text) => {
    const { client } = createClient(answer)
    const warnings: string[] = []
    await reportRun(failingRun(), {
      client,
      reporter: { info: () => undefined, warning: (message) => void warnings.push(message) }
    })
    expect(warnings).toEqual([expect.stringContaining(text)])
    expect(warnings[0]).not.toContain('the-token-of')
  })
})

describe('what the coordinator sees', () => {
  const seen = createHmac('sha256', Buffer.from(NONCE, 'base64')).update('the value').digest('base64')

  it('is compared with a value without either side sending it', async () => {
    const { client, requests } = createClient(() => json({ slots: { PRIMARY: seen, SECONDARY: null } }))
    const isSeen = await client.see(['PRIMARY', 'SECONDARY'])
    expect(isSeen('PRIMARY', new Secret('the value'))).toBe(true)
    expect(isSeen('PRIMARY', new Secret('another value'))).toBe(false)
    expect(isSeen('SECONDARY', new Secret('the value'))).toBeUndefined()
    expect(requests[0]).toMatchObject({
      url: 'https://coordinator.example.com/slots',
      authorization: 'Bearer the-token-of-slots',
      body: { names: ['PRIMARY', 'SECONDARY'], nonce: NONCE }
    })
    expect(JSON.stringify(requests)).not.toContain('the value')
  })

  it('fails when the answer is not what the coordinator gives', async () => {
    const { client } = createClient(() => json({ slots: 'none' }))
    await expect(client.see(['PRIMARY'])).rejects.toThrow('could not be read')
  })
})
