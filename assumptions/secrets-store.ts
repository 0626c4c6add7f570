import type { Account } from './account.ts'
import {
  answered,
  fieldOf,
  isSuccess,
  listOf,
  resultOf,
  resultsOf,
  succeeded,
  textOf,
  type Answer
} from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import { demand, idsNamed, listAll, storeId } from './cloudflare-things.ts'

interface MadeSecret {
  readonly id: string
  readonly name: string
  /** The path of the secret. */
  readonly path: string
  readonly answer: Answer
}

const NO_ID = '0'.repeat(32)
const VALUE = 'a value that nothing uses'

interface SecretOptions {
  readonly name?: string
  readonly comment?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function postSecret(account: Account, options: SecretOptions): Promise<Answer> {
  const root = `/secrets_store/stores/${await storeId(account)}/secrets`
  const { name = account.newSecretName(), comment = '', headers = {} } = options
  const body = JSON.stringify([{ name, value: VALUE, scopes: ['workers'], comment }])
  return await account.leftovers.make({
    label: `Secrets Store secret ${name}`,
    create: () =>
      account.cloudflare('POST', root, { body, headers: { 'content-type': 'application/json', ...headers } }),
    idOf: (made) => textOf(resultsOf(made)[0], 'id'),
    find: () => idsNamed(account, root, name),
    remove: (id) => account.cloudflare('DELETE', `${root}/${id}`)
  })
}

async function makeSecret(account: Account, options: SecretOptions = {}): Promise<MadeSecret> {
  const answer = demand(await postSecret(account, options), 'Creating a secret in the Secrets Store')
  const [made] = resultsOf(answer)
  const id = textOf(made, 'id')
  const root = `/secrets_store/stores/${await storeId(account)}/secrets`
  return { id, name: textOf(made, 'name'), path: `${root}/${id}`, answer }
}

async function usage(account: Account): Promise<unknown> {
  const answer = demand(await account.cloudflare('GET', '/secrets_store/quota'), 'Reading the quota')
  return fieldOf(fieldOf(resultOf(answer), 'secrets'), 'usage')
}

/** What the Secrets Store does: a write is confirmed by its comment, and nothing else tells what a secret holds. */
export const secretsStore: readonly Assumption[] = [
  {
    id: 'store/create',
    source: '[SDK]',
    says: 'A creation takes a list and answers a list, with ids and without values.',
    async run(account) {
      const { id, answer } = await makeSecret(account)
      return all(when(id !== '', 'has no id'), when(!answer.text.includes(VALUE), 'answers the value'))
    }
  },
  {
    id: 'store/write-only',
    source: '[DOC]',
    says: 'Neither a read nor the list answers a value.',
    async run(account) {
      const { path } = await makeSecret(account)
      const read = await account.cloudflare('GET', path)
      const list = await account.cloudflare('GET', path.slice(0, path.lastIndexOf('/')))
      return all(succeeded(read), when(!`${read.text}${list.text}`.includes(VALUE), 'answers the value'))
    }
  },
  {
    id: 'store/value-and-comment',
    source: '[SDK]',
    says: 'One PATCH sets value and comment, and the comment is read back.',
    async run(account) {
      const { path } = await makeSecret(account, { comment: 'before' })
      const patched = await account.cloudflare('PATCH', path, {
        json: { value: `${VALUE} any more`, comment: 'rotate after' }
      })
      const comment = textOf(resultOf(await account.cloudflare('GET', path)), 'comment')
      return all(succeeded(patched), when(comment === 'rotate after', 'has another comment'))
    }
  },
  {
    id: 'store/patch-keeps',
    source: '[SDK]',
    says: 'A PATCH of value and comment keeps name and scopes.',
    async run(account) {
      const { path, name } = await makeSecret(account)
      await account.cloudflare('PATCH', path, { json: { value: VALUE, comment: 'x' } })
      const result = resultOf(await account.cloudflare('GET', path))
      return all(
        when(textOf(result, 'name') === name, 'has another name'),
        when(listOf(fieldOf(result, 'scopes')).join() === 'workers', 'has other scopes')
      )
    }
  },
  {
    id: 'store/name-taken',
    source: '[OBS]',
    says: 'A name that is taken is refused with 1003.',
    async run(account) {
      const { name } = await makeSecret(account)
      const again = await postSecret(account, { name })
      return all(when(!isSuccess(again), 'was created twice'), answered(again, again.status, 1003))
    }
  },
  {
    id: 'store/status',
    source: '[?]',
    says: 'A secret becomes active within 30 seconds.',
    async run(account) {
      const { path } = await makeSecret(account)
      const active = await account.eventually(30, async () =>
        textOf(resultOf(await account.cloudflare('GET', path)), 'status') === 'active' ? true : undefined
      )
      return when(active === true, 'is not active after 30 seconds')
    }
  },
  {
    id: 'store/search',
    source: '[OBS]',
    says: 'search finds a secret by its comment too, so that names are compared exactly.',
    async run(account) {
      const word = account.newName()
      const { path, name } = await makeSecret(account, { comment: `for ${word}` })
      const root = path.slice(0, path.lastIndexOf('/'))
      const found = resultsOf(await account.cloudflare('GET', `${root}?search=${word}`))
      return when(
        found.some((item) => textOf(item, 'name') === name),
        'does not find it'
      )
    }
  },
  {
    id: 'store/total',
    source: '[SDK]',
    says: 'The list takes pages of 50, and result_info tells the total.',
    async run(account) {
      const path = `/secrets_store/stores/${await storeId(account)}/secrets?per_page=50&page=1`
      const answer = await account.cloudflare('GET', path)
      const total = fieldOf(fieldOf(answer.body, 'result_info'), 'total_count')
      return all(succeeded(answer), when(typeof total === 'number', 'has no total_count'))
    }
  },
  {
    id: 'store/modified',
    source: '[SDK]',
    says: 'modified moves on with a write, by a clock within five minutes of the Date of the answer.',
    async run(account) {
      const { path, answer } = await makeSecret(account)
      await account.options.clock.sleep(2000)
      const patched = await account.cloudflare('PATCH', path, { json: { value: VALUE } })
      const before = Date.parse(textOf(resultsOf(answer)[0], 'modified'))
      const after = Date.parse(textOf(resultOf(await account.cloudflare('GET', path)), 'modified'))
      const date = Date.parse(patched.headers.get('date') ?? '')
      return all(
        when(after > before, 'does not move on'),
        when(Math.abs(after - date) < 300_000, 'is more than five minutes off')
      )
    }
  },
  {
    id: 'store/secret-missing',
    source: '[OBS]',
    says: 'A secret that does not exist is answered with 404 and 1001.',
    async run(account) {
      const path = `/secrets_store/stores/${await storeId(account)}/secrets/${NO_ID}`
      return answered(await account.cloudflare('GET', path), 404, 1001)
    }
  },
  {
    id: 'store/store-missing',
    source: '[OBS]',
    says: 'A store that does not exist is answered with 404 and 1001.',
    run: async (account) =>
      answered(await account.cloudflare('GET', `/secrets_store/stores/${NO_ID}/secrets`), 404, 1001)
  },
  {
    id: 'store/delete',
    source: '[SDK]',
    says: 'A deleted secret is not listed, or is listed as deleted.',
    async run(account) {
      const { path, id } = await makeSecret(account)
      const deleted = await account.cloudflare('DELETE', path)
      const items = await listAll(account, path.slice(0, path.lastIndexOf('/')))
      const left = items.find((item) => textOf(item, 'id') === id && textOf(item, 'status') !== 'deleted')
      return all(succeeded(deleted), when(left === undefined, 'is still listed'))
    }
  },
  {
    id: 'store/quota',
    source: '[SDK]',
    says: 'The quota tells how many secrets the account may hold, and a creation counts one more.',
    async run(account) {
      const before = await usage(account)
      await makeSecret(account)
      const after = await usage(account)
      if (typeof before !== 'number' || typeof after !== 'number') return 'tells no numbers'
      return when(after === before + 1, `counted ${after - before} more`)
    }
  },
  {
    id: 'store/plain-text',
    source: '[RAN]',
    says: 'JSON that is called text/plain is accepted, as wrangler sends it.',
    async run(account) {
      const { answer } = await makeSecret(account, {
        headers: { 'content-type': 'text/plain;charset=UTF-8' }
      })
      return succeeded(answer)
    }
  }
]
