import type { Account } from './account.ts'
import { answered, fieldOf, isSuccess, resultOf, resultsOf, succeeded, textOf } from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import { demand, namespaceId } from './cloudflare-things.ts'

interface MadeKey {
  /** The path of the value. */
  readonly path: string
  readonly key: string
}

const NO_ID = '0'.repeat(32)
/** How long a read may see what was there before, by the documentation. */
const STALE_SECONDS = 90

async function makeKey(account: Account, value: string, query = ''): Promise<MadeKey> {
  const root = `/storage/kv/namespaces/${await namespaceId(account)}/values`
  const key = account.newName()
  const answer = await account.leftovers.make({
    label: `KV key ${key}`,
    create: () => account.cloudflare('PUT', `${root}/${key}${query}`, { body: value }),
    idOf: () => key,
    find: () => Promise.resolve([key]),
    remove: (id) => account.cloudflare('DELETE', `${root}/${id}`)
  })
  demand(answer, 'Writing a KV key')
  return { path: `${root}/${key}`, key }
}

async function isReadBack(account: Account, path: string, value: string): Promise<boolean> {
  const seen = await account.eventually(STALE_SECONDS, async () => {
    const answer = await account.cloudflare('GET', path)
    return answer.status === 200 && answer.text === value ? true : undefined
  })
  return seen === true
}

/** What Workers KV does: a missing key is a free lock, and nothing else is. */
export const kv: readonly Assumption[] = [
  {
    id: 'kv/key-missing',
    source: '[OBS]',
    says: 'A key that does not exist is answered with 404 and 10009.',
    async run(account) {
      const path = `/storage/kv/namespaces/${await namespaceId(account)}/values/${account.newName()}`
      return answered(await account.cloudflare('GET', path), 404, 10009)
    }
  },
  {
    id: 'kv/namespace-missing',
    source: '[OBS]',
    says: 'A namespace that does not exist is answered with 404 and 10013, not as a missing key.',
    run: async (account) =>
      answered(await account.cloudflare('GET', `/storage/kv/namespaces/${NO_ID}/values/x`), 404, 10013)
  },
  {
    id: 'kv/namespace-malformed',
    source: '[OBS]',
    says: 'A namespace id that cannot be one is answered with 7003 or 10011, not as a missing key.',
    async run(account) {
      const answer = await account.cloudflare('GET', '/storage/kv/namespaces/not-an-id/values/x')
      return answered(answer, answer.status, 7003, 10011)
    }
  },
  {
    id: 'kv/read-back',
    source: '[DOC]',
    says: 'A value is read back as it was written, at the latest after a while.',
    async run(account) {
      const { path } = await makeKey(account, '{"holder":"x"}')
      return when(await isReadBack(account, path, '{"holder":"x"}'), 'is not read back')
    }
  },
  {
    id: 'kv/last-write-wins',
    source: '[DOC]',
    says: 'A second write replaces the first: there is no compare-and-set.',
    async run(account) {
      const { path } = await makeKey(account, 'one')
      await account.options.clock.sleep(1100)
      const second = await account.cloudflare('PUT', path, { body: 'two' })
      return all(succeeded(second), when(await isReadBack(account, path, 'two'), 'is not read back'))
    }
  },
  {
    id: 'kv/ttl',
    source: '[DOC]',
    says: 'expiration_ttl is at least 60: 59 is refused, 60 is accepted.',
    async run(account) {
      const { path } = await makeKey(account, 'x', '?expiration_ttl=60')
      await account.options.clock.sleep(1100)
      const refused = await account.cloudflare('PUT', `${path}?expiration_ttl=59`, { body: 'x' })
      return all(when(!isSuccess(refused), 'took 59 seconds'), answered(refused, 400))
    }
  },
  {
    id: 'kv/delete',
    source: '[DOC]',
    says: 'A deleted key is missing at the latest after a while.',
    async run(account) {
      const { path } = await makeKey(account, 'x')
      await account.options.clock.sleep(1100)
      const deleted = await account.cloudflare('DELETE', path)
      const gone = await account.eventually(STALE_SECONDS, async () =>
        (await account.cloudflare('GET', path)).status === 404 ? true : undefined
      )
      return all(succeeded(deleted), when(gone === true, 'is still there'))
    }
  },
  {
    id: 'kv/delete-missing',
    source: '[?]',
    says: 'Deleting a key that does not exist is no failure.',
    async run(account) {
      const path = `/storage/kv/namespaces/${await namespaceId(account)}/values/${account.newName()}`
      return succeeded(await account.cloudflare('DELETE', path))
    }
  },
  {
    id: 'kv/metadata',
    source: '[DOC]',
    says: 'A form with value and metadata is taken, and the metadata is read back.',
    async run(account) {
      const { path, key } = await makeKey(account, 'x')
      await account.options.clock.sleep(1100)
      const body = new FormData()
      body.set('value', 'y')
      body.set('metadata', JSON.stringify({ run: 7 }))
      const written = await account.cloudflare('PUT', path, { body })
      const target = path.replace('/values/', '/metadata/').replace(/[^/]+$/, key)
      const seen = await account.eventually(STALE_SECONDS, async () =>
        fieldOf(resultOf(await account.cloudflare('GET', target)), 'run') === 7 ? true : undefined
      )
      return all(succeeded(written), when(seen === true, 'is not read back'))
    }
  },
  {
    id: 'kv/keys-by-prefix',
    source: '[DOC]',
    says: 'Keys are listed by their prefix.',
    async run(account) {
      const { key } = await makeKey(account, 'x')
      const path = `/storage/kv/namespaces/${await namespaceId(account)}/keys?prefix=${key}`
      const seen = await account.eventually(STALE_SECONDS, async () => {
        const names = resultsOf(await account.cloudflare('GET', path)).map((item) => textOf(item, 'name'))
        return names.join() === key ? true : undefined
      })
      return when(seen === true, 'is not listed')
    }
  }
]
