import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { DurableObjectLock, coordinatorErrorMapper } from '../../src/locks/durable-object-lock.ts'
import { Secret } from '../../src/kernel/secret.ts'
import { createStandingClock } from '../http/standing-clock.ts'
import { COORDINATOR_TOKEN } from './subject.ts'
import { startCoordinator, type CoordinatorStage } from './workerd-subjects.ts'

// The Workers runtime takes a second or two to start.
jest.setTimeout(60_000)

const CLAIM = { owner: '41.1/first', run: 'https://github.com/octo-org/ops/actions/runs/41', ttlMs: 60_000 }
const RENEW = { owner: CLAIM.owner, fence: 1, ttlMs: 60_000 }
/** The answer about a lock that nobody ever held. */
const FREE = { state: 'free', fence: 0 }

interface Answer {
  readonly status: number
  readonly body: { readonly error?: { readonly code: string; readonly message: string } } & Record<
    string,
    unknown
  >
}

function caller(url: string, token: string | undefined = COORDINATOR_TOKEN) {
  return async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      ...(token === '' ? {} : { headers: { authorization: `Bearer ${token}` } }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }
}

function lockAt(url: string, token: string | undefined): DurableObjectLock {
  const clock = createStandingClock()
  return new DurableObjectLock({
    url,
    tokenName: 'ROTATE_COORDINATOR_TOKEN',
    token: token === undefined ? undefined : new Secret(token),
    accountId: 'a'.repeat(32),
    rotation: 'bootstrap',
    ttlMs: 60_000,
    owner: { runId: '41', attempt: 1, nonce: 'first' },
    runUrl: CLAIM.run,
    clock,
    fetch: createApiFetch({ errorMapper: coordinatorErrorMapper, fetch, clock, random: () => 1 })
  })
}

describe('the coordinator', () => {
  let stage: CoordinatorStage
  let call: ReturnType<typeof caller>
  beforeAll(async () => {
    stage = await startCoordinator()
    call = caller(stage.url)
  })
  afterAll(async () => {
    await stage.miniflare.dispose()
  })

  it.each([
    ['none', ''],
    ['another', 'fake-coordinator-token-0123456789abcdeX'],
    ['a part of the right one', COORDINATOR_TOKEN.slice(0, -1)],
    ['more than the right one', `${COORDINATOR_TOKEN}0`]
  ])('answers a request with %s for a token with 401, and nothing else', async (_what, token) => {
    const { status, body } = await caller(stage.url, token)('PUT', '/locks/guarded', CLAIM)
    expect([status, body.error?.code, Object.keys(body)]).toEqual([401, 'unauthorized', ['error']])
    expect((await call('GET', '/locks/guarded')).body).toEqual({
      ...FREE,
      fence: expect.any(Number) as unknown
    })
  })

  it.each<[string, string, string, unknown, number, string]>([
    ['another path', 'GET', '/', undefined, 404, 'not-found'],
    ['a name with a slash', 'GET', '/locks/a/b', undefined, 404, 'not-found'],
    ['a name with strange characters', 'GET', '/locks/a%20b', undefined, 404, 'not-found'],
    ['a name that is too long', 'GET', `/locks/${'a'.repeat(129)}`, undefined, 404, 'not-found'],
    ['another method', 'POST', '/locks/a', CLAIM, 405, 'method-not-allowed'],
    ['no body', 'PUT', '/locks/a', undefined, 400, 'bad-request'],
    ['a body that is no JSON', 'PUT', '/locks/a', '{', 400, 'bad-request'],
    ['a body that is no object', 'PUT', '/locks/a', [CLAIM], 400, 'bad-request'],
    ['a body that is too large', 'PUT', '/locks/a', { ...CLAIM, more: 'x'.repeat(5_000) }, 413, 'too-large'],
    ['no owner', 'PUT', '/locks/a', { ...CLAIM, owner: '' }, 400, 'bad-request'],
    [
      'an owner that is too long',
      'PUT',
      '/locks/a',
      { ...CLAIM, owner: 'x'.repeat(201) },
      400,
      'bad-request'
    ],
    ['a link that is too long', 'PUT', '/locks/a', { ...CLAIM, run: 'x'.repeat(501) }, 400, 'bad-request'],
    ['a time that is too short', 'PUT', '/locks/a', { ...CLAIM, ttlMs: 999 }, 400, 'bad-request'],
    ['a time that is too long', 'PUT', '/locks/a', { ...CLAIM, ttlMs: 86_400_001 }, 400, 'bad-request'],
    ['a time that is no number', 'PUT', '/locks/a', { ...CLAIM, ttlMs: '60000' }, 400, 'bad-request'],
    ['a number that is none', 'PATCH', '/locks/a', { ...RENEW, fence: 1.5 }, 400, 'bad-request'],
    ['a release without an owner', 'DELETE', '/locks/a', undefined, 400, 'bad-request'],
    ['a release of no number', 'DELETE', '/locks/a?owner=x&fence=-1', undefined, 400, 'bad-request']
  ])('refuses %s', async (_what, method, path, body, status, code) => {
    const answer = await call(method, path, body)
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
    expect((await call('GET', '/locks/a')).body).toEqual(FREE)
  })

  it('keeps locks of different names apart', async () => {
    expect((await call('PUT', '/locks/one', CLAIM)).body).toEqual({ state: 'mine', fence: 1 })
    expect((await call('GET', '/locks/two')).body).toEqual(FREE)
    expect((await call('PUT', '/locks/one', { ...CLAIM, owner: '42.1/second' })).body).toMatchObject({
      state: 'held',
      by: { owner: CLAIM.owner, run: CLAIM.run, fence: 1 }
    })
  })

  it('forgets a holder whose time is over by an alarm, and never the number', async () => {
    await call('PUT', '/locks/rung', CLAIM)
    await stage.ringAlarm('rung')
    expect((await call('PATCH', '/locks/rung', RENEW)).body).toEqual({ state: 'mine' })
    await stage.advance(61)
    await stage.ringAlarm('rung')
    // Were it not forgotten, it would be held again now.
    await stage.advance(-61)
    expect((await call('PATCH', '/locks/rung', RENEW)).body).toEqual({ state: 'lost' })
    expect((await call('PUT', '/locks/rung', CLAIM)).body).toEqual({ state: 'mine', fence: 2 })
  })

  it('says to the lock what is wrong with its token, and never the token', async () => {
    const wrong = 'fake-wrong-token-0123456789abcdef'
    const error = await lockAt(stage.url, wrong)
      .findHolder()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'refused', effect: 'not-applied', call: { status: 401 } })
    expect(JSON.stringify([String(error), error])).not.toContain(wrong)
    await expect(lockAt(stage.url, undefined).findHolder()).rejects.toMatchObject({ code: 'missing-value' })
    const broken = await lockAt(stage.url, 'two\nlines')
      .findHolder()
      .catch((thrown: unknown) => thrown)
    expect(broken).toMatchObject({ code: 'bad-input' })
    expect(String(broken)).not.toContain('lines\n')
  })

  it('is told from another service', async () => {
    await expect(lockAt(`${stage.url}/elsewhere`, COORDINATOR_TOKEN).findHolder()).rejects.toMatchObject({
      code: 'not-found'
    })
  })
})

describe('a coordinator without a secret', () => {
  it.each([
    ['at all', ''],
    ['that is long enough', 'short']
  ])('%s refuses everything, and says what to do', async (_what, token) => {
    const stage = await startCoordinator({ token })
    try {
      const { status, body } = await caller(stage.url, token)('GET', '/locks/a')
      expect([status, body.error?.code]).toEqual([503, 'not-configured'])
      const error = await lockAt(stage.url, COORDINATOR_TOKEN)
        .findHolder()
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'refused', retryable: false })
      expect((error as { hint: string }).hint).toContain('wrangler secret put COORDINATOR_TOKEN')
    } finally {
      await stage.miniflare.dispose()
    }
  })
})

describe('the coordinator as `wrangler deploy` takes it', () => {
  interface WranglerFile {
    readonly main: string
    readonly compatibility_date: string
    readonly durable_objects: { readonly bindings: readonly { name: string; class_name: string }[] }
    readonly migrations: readonly { readonly new_sqlite_classes: readonly string[] }[]
  }

  it('has the entry, the class and the binding that wrangler.jsonc names', async () => {
    const root = fileURLToPath(new URL('../../coordinator', import.meta.url))
    const file = JSON.parse(readFileSync(join(root, 'wrangler.jsonc'), 'utf8')) as WranglerFile
    const [binding] = file.durable_objects.bindings
    expect(file.migrations.flatMap((migration) => migration.new_sqlite_classes)).toEqual([
      binding!.class_name
    ])
    const { outputFiles } = await build({
      entryPoints: [join(root, file.main)],
      bundle: true,
      format: 'esm',
      write: false
    })
    const miniflare = new Miniflare({
      modules: true,
      script: outputFiles[0]!.text,
      compatibilityDate: file.compatibility_date,
      durableObjects: { [binding!.name]: { className: binding!.class_name, useSQLite: true } },
      bindings: { COORDINATOR_TOKEN }
    })
    try {
      const url = String(await miniflare.ready).replace(/\/$/, '')
      expect((await caller(url)('PUT', '/locks/a', CLAIM)).body).toEqual({ state: 'mine', fence: 1 })
    } finally {
      await miniflare.dispose()
    }
  })
})

describe('a coordinator that is started again', () => {
  it('still knows who holds what', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'coordinator-'))
    try {
      for (const expected of [
        { state: 'mine', fence: 1 },
        { state: 'held', by: { fence: 1 } }
      ]) {
        const stage = await startCoordinator({ persist: directory })
        const owner = `${expected.state}.1/job`
        const answer = await caller(stage.url)('PUT', '/locks/a', { ...CLAIM, owner })
        await stage.miniflare.dispose()
        expect(answer.body).toMatchObject(expected)
      }
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
