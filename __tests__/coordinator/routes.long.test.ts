import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { startStage, TOKENS, type Stage } from './stage.ts'

jest.setTimeout(60_000)

const LOCK_TOKEN = 'fake-narrow-token-0123456789abcdefgh'
const STORE_ID = '8f7a1cdced6342c18d223ece462fd88d'
const NONCE = Buffer.alloc(16, 7).toString('base64')
const CLAIM = { owner: '41.1/first', run: 'https://github.com/octo-org/ops/actions/runs/41', ttlMs: 60_000 }
const REPORT = {
  repository: 'Octo-Org/ops',
  workflow: '.github/workflows/rotate.yml',
  runId: '41',
  attempt: 1,
  outcome: 'rotated',
  endedAt: '2026-01-01T09:30:00Z',
  nextDue: '2026-01-01T10:30:00Z',
  credentials: [
    {
      rotation: 'bootstrap',
      credential: 'token-creation',
      slots: {
        primary: { expiresAt: '2026-01-01T12:30:00Z' },
        secondary: { expiresAt: '2026-01-01T11:30:00Z' }
      }
    }
  ]
}

function hmac(value: string): string {
  return createHmac('sha256', Buffer.from(NONCE, 'base64')).update(value).digest('base64')
}

let stage: Stage
beforeAll(async () => {
  stage = await startStage({
    bindings: {
      SCHEDULES: [
        {
          repository: 'octo-org/ops',
          workflow: 'rotate.yml',
          ref: 'main',
          every: '1h',
          rotations: ['bootstrap']
        }
      ],
      SLOTS: ['PRIMARY_TOKEN', 'SECONDARY_TOKEN', 'OWN_SECRET', 'MISSING'],
      OWN_SECRET: 'fake-own-value',
      UNLISTED: 'fake-unlisted-value',
      LOCK_TOKENS: [
        {
          sha256: createHash('sha256').update(LOCK_TOKEN).digest('hex'),
          locks: ['acct.alone', 'team.*']
        }
      ]
    },
    runtime: {
      secretsStoreSecrets: {
        PRIMARY_TOKEN: { store_id: STORE_ID, secret_name: 'PRIMARY_TOKEN' },
        SECONDARY_TOKEN: { store_id: STORE_ID, secret_name: 'SECONDARY_TOKEN' }
      }
    }
  })
})
afterAll(async () => {
  await stage.close()
})

interface ErrorBody {
  readonly error?: { readonly code: string; readonly message: string }
}

function codeOf({ status, body }: { status: number; body: unknown }): readonly unknown[] {
  return [status, (body as ErrorBody).error?.code]
}

const ROUTES = [
  ['PUT', '/locks/acct.guarded', 'COORDINATOR_TOKEN'],
  ['POST', '/report', 'REPORT_TOKEN'],
  ['POST', '/slots', 'SLOTS_TOKEN'],
  ['GET', '/status', 'STATUS_TOKEN'],
  ['GET', '/', 'STATUS_TOKEN']
] as const
const WRONG = {
  none: undefined,
  part: TOKENS.REPORT_TOKEN.slice(0, -1),
  more: `${TOKENS.REPORT_TOKEN}0`,
  ...TOKENS
}

describe('routes and tokens', () => {
  it.each(
    ROUTES.flatMap(([method, path, own]) =>
      Object.entries(WRONG)
        .filter(([name]) => name !== own)
        .map(([name, token]) => [method, path, name, token] as const)
    )
  )('refuses %s %s with the token %s', async (method, path, _name, token) => {
    const response = await stage.call(path, {
      method,
      ...(token === undefined ? {} : { token }),
      ...(method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } })
    })
    const body = (await response.json()) as ErrorBody
    expect([response.status, body.error?.code, Object.keys(body)]).toEqual([401, 'unauthorized', ['error']])
  })

  it.each([
    ['DELETE', '/report', TOKENS.REPORT_TOKEN, 'POST'],
    ['GET', '/slots', TOKENS.SLOTS_TOKEN, 'POST'],
    ['POST', '/status', TOKENS.STATUS_TOKEN, 'GET'],
    ['OPTIONS', '/', TOKENS.STATUS_TOKEN, 'GET']
  ])('refuses %s %s, and names the method of the path', async (method, path, token, allowed) => {
    const response = await stage.call(path, { method, token })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allowed])
  })

  it('answers no request with a header for other origins', async () => {
    for (const [method, path, name] of ROUTES) {
      const response = await stage.call(path, {
        method,
        token: TOKENS[name],
        headers: { origin: 'https://other.example', 'content-type': 'application/json' },
        ...(method === 'GET' ? {} : { body: '{}' })
      })
      await response.body?.cancel()
      expect([...response.headers.keys()].filter((header) => header.startsWith('access-control'))).toEqual([])
    }
  })

  it('lets a lock token use only the locks that are listed for it', async () => {
    const claim = async (name: string): Promise<number> => {
      const init = { method: 'PUT', token: LOCK_TOKEN, body: JSON.stringify(CLAIM) }
      const response = await stage.call(`/locks/${name}`, init)
      await response.body?.cancel()
      return response.status
    }
    expect(await Promise.all(['acct.alone', 'team.a', 'acct.alone2', 'acct.other'].map(claim))).toEqual([
      200, 200, 403, 403
    ])
  })
})

describe('POST /report', () => {
  it('stores a report, and refuses one that is older', async () => {
    const { body } = await stage.post('/report', REPORT, TOKENS.REPORT_TOKEN)
    expect(body).toEqual({ accepted: true })
    const older = { ...REPORT, endedAt: '2026-01-01T09:00:00Z' }
    expect((await stage.post('/report', older, TOKENS.REPORT_TOKEN)).body).toEqual({ accepted: false })
    const status = (await (await stage.call('/status', { token: TOKENS.STATUS_TOKEN })).json()) as object
    expect(status).toMatchObject({
      schedules: [
        {
          lastWell: '2026-01-01T09:30:00.000Z',
          nextDue: '2026-01-01T10:30:00.000Z',
          outcome: 'rotated',
          credentials: [{ credential: 'token-creation', endsAt: '2026-01-01T12:30:00.000Z' }]
        }
      ]
    })
  })

  it.each<[string, object, number, string]>([
    ['an unknown workflow', { workflow: 'other.yml' }, 404, 'unknown-schedule'],
    ['an unknown repository', { repository: 'octo-org/other' }, 404, 'unknown-schedule'],
    [
      'an unknown rotation',
      { credentials: [{ ...REPORT.credentials[0], rotation: 'strange' }] },
      404,
      'unknown-rotation'
    ],
    ['an unknown outcome', { outcome: 'fine' }, 400, 'bad-request'],
    ['a time that is none', { endedAt: 'yesterday' }, 400, 'bad-request'],
    ['an end in the future', { endedAt: '2026-01-01T23:30:00Z' }, 400, 'bad-request'],
    ['an id that is none', { runId: 'x' }, 400, 'bad-request'],
    ['no credentials', { credentials: undefined }, 400, 'bad-request'],
    ['too large a body', { more: 'x'.repeat(262_144) }, 413, 'too-large']
  ])('refuses a report with %s', async (_what, changes, status, code) => {
    const answer = await stage.post('/report', { ...REPORT, ...changes }, TOKENS.REPORT_TOKEN)
    expect(codeOf(answer)).toEqual([status, code])
  })

  it('stores a report of 500 credentials with long names', async () => {
    const expiresAt = '2026-01-01T12:30:00.000Z'
    const credentials = Array.from({ length: 500 }, (_, index) => ({
      rotation: 'bootstrap',
      credential: `deploy-the-documentation-site-${String(index).padStart(4, '0')}`.slice(-32),
      slots: { primary: { expiresAt }, secondary: { expiresAt } }
    }))
    const report = { ...REPORT, endedAt: '2026-01-01T09:31:00Z', credentials }
    expect(codeOf(await stage.post('/report', report, TOKENS.REPORT_TOKEN))).toEqual([200, undefined])
  })

  it('refuses another content type, and a body that is not JSON', async () => {
    const token = TOKENS.REPORT_TOKEN
    const text = await stage.call('/report', { method: 'POST', token, body: JSON.stringify(REPORT) })
    expect(codeOf({ status: text.status, body: await text.json() })).toEqual([415, 'unsupported-media-type'])
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    const broken = await stage.call('/report', { method: 'POST', token, headers, body: '{' })
    expect(codeOf({ status: broken.status, body: await broken.json() })).toEqual([400, 'bad-request'])
  })
})

describe('POST /slots', () => {
  it('answers the HMAC of what it reads at that moment, and null where there is nothing', async () => {
    const admin = (await stage.miniflare.getSecretsStoreSecretAPI('PRIMARY_TOKEN'))()
    const id = await admin.create('fake-value-1')
    const ask = () =>
      stage.post(
        '/slots',
        { names: ['PRIMARY_TOKEN', 'SECONDARY_TOKEN', 'OWN_SECRET', 'MISSING'], nonce: NONCE },
        TOKENS.SLOTS_TOKEN
      )
    const others = { SECONDARY_TOKEN: null, OWN_SECRET: hmac('fake-own-value'), MISSING: null }
    expect(await ask()).toEqual({
      status: 200,
      body: { slots: { PRIMARY_TOKEN: hmac('fake-value-1'), ...others } }
    })
    await admin.update('fake-value-2', id)
    expect(await ask()).toEqual({
      status: 200,
      body: { slots: { PRIMARY_TOKEN: hmac('fake-value-2'), ...others } }
    })
  })

  it.each<[string, object, number, string]>([
    ['a name that is not listed', { names: ['UNLISTED'] }, 403, 'name-not-listed'],
    ['a name of its own', { names: ['COORDINATOR_TOKEN'] }, 403, 'name-not-listed'],
    ['a listed and an unlisted name', { names: ['OWN_SECRET', 'UNLISTED'] }, 403, 'name-not-listed'],
    ['a name of every object', { names: ['constructor'] }, 403, 'name-not-listed'],
    ['no names', { names: [] }, 400, 'bad-request'],
    ['a nonce of 15 bytes', { nonce: Buffer.alloc(15).toString('base64') }, 400, 'bad-nonce'],
    ['a nonce of 65 bytes', { nonce: Buffer.alloc(65).toString('base64') }, 400, 'bad-nonce'],
    ['a nonce that is not base64', { nonce: '!'.repeat(24) }, 400, 'bad-request'],
    ['no nonce', { nonce: undefined }, 400, 'bad-request']
  ])('refuses a question with %s', async (_what, changes, status, code) => {
    const answer = await stage.post(
      '/slots',
      { names: ['OWN_SECRET'], nonce: NONCE, ...changes },
      TOKENS.SLOTS_TOKEN
    )
    expect(codeOf(answer)).toEqual([status, code])
  })
})

describe('rate limit', () => {
  it('limits each token by itself, and wrong tokens by their address', async () => {
    const limited = await startStage({
      runtime: { ratelimits: { LIMITER: { namespace_id: '1', simple: { limit: 5, period: 60 } } } }
    })
    try {
      const read = async (path: string, token: string): Promise<number> => {
        const response = await limited.call(path, { token })
        await response.body?.cancel()
        return response.status
      }
      const many = async (path: string, token: string): Promise<ReadonlySet<number>> => {
        const statuses = new Set<number>()
        // The window of a minute may end in between.
        for (let index = 0; index < 11; index++) statuses.add(await read(path, token))
        return statuses
      }
      expect(await many('/status', TOKENS.STATUS_TOKEN)).toEqual(new Set([200, 429]))
      expect(await many('/locks/a', 'fake-wrong-token-0123456789abcdefgh')).toEqual(new Set([401, 429]))
      expect(await read('/locks/a', TOKENS.COORDINATOR_TOKEN)).toBe(200)
    } finally {
      await limited.close()
    }
  })
})

describe('routes that are not configured', () => {
  it('refuses a route whose token is that of another one too', async () => {
    const same = 'fake-shared-token-0123456789abcdefgh'
    const shared = await startStage({
      bindings: { COORDINATOR_TOKEN: same, REPORT_TOKEN: same, SLOTS_TOKEN: same, STATUS_TOKEN: same }
    })
    try {
      const answers = await Promise.all(
        ROUTES.map(async ([method, path]) => (await shared.call(path, { method, token: same })).status)
      )
      // The first one is that of the locks: the request itself is wrong there.
      expect(answers).toEqual([400, 503, 503, 404, 404])
    } finally {
      await shared.close()
    }
  })

  it('takes one token for reports and slots, which a run has both', async () => {
    const same = 'fake-shared-token-0123456789abcdefgh'
    const shared = await startStage({ bindings: { REPORT_TOKEN: same, SLOTS_TOKEN: same } })
    try {
      // The requests themselves are wrong.
      const call = async (path: string) => (await shared.call(path, { method: 'POST', token: same })).status
      expect(await Promise.all(['/report', '/slots'].map(call))).toEqual([415, 415])
    } finally {
      await shared.close()
    }
  })

  it('refuses everything, and says which secret is missing', async () => {
    const bare = await startStage({
      bindings: Object.fromEntries(Object.keys(TOKENS).map((name) => [name, undefined]))
    })
    try {
      const answers = await Promise.all(
        ROUTES.map(async ([method, path]) => {
          const response = await bare.call(path, { method, token: TOKENS.REPORT_TOKEN })
          return codeOf({ status: response.status, body: await response.json() })
        })
      )
      const closed = [503, 'not-configured']
      expect(answers).toEqual([closed, closed, closed, [404, 'not-found'], [404, 'not-found']])
    } finally {
      await bare.close()
    }
  })
})
