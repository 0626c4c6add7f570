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
/** Answer about a lock that no one has held. */
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

describe('coordinator', () => {
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
    ['no token', ''],
    ['another token', 'fake-coordinator-token-0123456789abcdeX'],
    ['a part of the right token', COORDINATOR_TOKEN.slice(0, -1)],
    ['more than the right token', `${COORDINATOR_TOKEN}0`]
  ])('answers a request with %s with 401 and nothing else', async (_what, token) => {
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
    ['a body that is not JSON', 'PUT', '/locks/a', '{', 400, 'bad-request'],
    ['a body that is not an object', 'PUT', '/locks/a', [CLAIM], 400, 'bad-request'],
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
    ['a time that is not a number', 'PUT', '/locks/a', { ...CLAIM, ttlMs: '60000' }, 400, 'bad-request'],
    [
      'a fence number that is not an integer',
      'PATCH',
      '/locks/a',
      { ...RENEW, fence: 1.5 },
      400,
      'bad-request'
    ],
    ['a release without an owner', 'DELETE', '/locks/a', undefined, 400, 'bad-request'],
    [
      'a release with a negative fence number',
      'DELETE',
      '/locks/a?owner=x&fence=-1',
      undefined,
      400,
      'bad-request'
    ]
  ])('refuses a request with %s', async (_what, method, path, body, status, code) => {
    const answer = await call(method, path, body)
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
    expect((await call('GET', '/locks/a')).body).toEqual(FREE)
  })

  it('keeps locks with different names separate', async () => {
    expect((await call('PUT', '/locks/one', CLAIM)).body).toEqual({ state: 'mine', fence: 1 })
    expect((await call('GET', '/locks/two')).body).toEqual(FREE)
    expect((await call('PUT', '/locks/one', { ...CLAIM, owner: '42.1/second' })).body).toMatchObject({
      state: 'held',
      by: { owner: CLAIM.owner, run: CLAIM.run, fence: 1 }
    })
  })

  it('clears an expired holder by an alarm, and keeps its fence number', async () => {
    await call('PUT', '/locks/rung', CLAIM)
    await stage.ringAlarm('rung')
    expect((await call('PATCH', '/locks/rung', RENEW)).body).toEqual({ state: 'mine' })
    await stage.advance(61)
    await stage.ringAlarm('rung')
    // A holder that was not cleared would hold the lock again now.
    await stage.advance(-61)
    expect((await call('PATCH', '/locks/rung', RENEW)).body).toEqual({ state: 'lost' })
    expect((await call('PUT', '/locks/rung', CLAIM)).body).toEqual({ state: 'mine', fence: 2 })
  })

  it('reports what is wrong with the token of the lock, and never the token', async () => {
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

  it('fails with not-found when the URL leads to another service', async () => {
    await expect(lockAt(`${stage.url}/elsewhere`, COORDINATOR_TOKEN).findHolder()).rejects.toMatchObject({
      code: 'not-found'
    })
  })
})

describe('coordinator without a secret', () => {
  it.each([
    ['missing', ''],
    ['too short', 'short']
  ])('refuses every request and says what to do when its secret is %s', async (_what, token) => {
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

describe('coordinator as `wrangler deploy` receives it', () => {
  interface WranglerFile {
    readonly main: string
    readonly compatibility_date: string
    readonly durable_objects: { readonly bindings: readonly { name: string; class_name: string }[] }
    readonly migrations: readonly { readonly new_sqlite_classes: readonly string[] }[]
  }

  it('exports the entry, the classes and the bindings that wrangler.jsonc names', async () => {
    const root = fileURLToPath(new URL('../../coordinator', import.meta.url))
    const file = JSON.parse(readFileSync(join(root, 'wrangler.jsonc'), 'utf8')) as WranglerFile
    const { bindings } = file.durable_objects
    expect(file.migrations.flatMap((migration) => migration.new_sqlite_classes)).toEqual(
      bindings.map(({ class_name }) => class_name)
    )
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
      durableObjects: Object.fromEntries(
        bindings.map(({ name, class_name: className }) => [name, { className, useSQLite: true }])
      ),
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

describe('coordinator restart', () => {
  it('keeps the holder of a lock across a restart', async () => {
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
