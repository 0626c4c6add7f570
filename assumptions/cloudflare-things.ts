import type { Account } from './account.ts'
import { describe, fieldOf, isSuccess, listOf, resultOf, resultsOf, textOf, type Answer } from './answer.ts'
import { NotTried } from './assumption.ts'

/** A permission group as the list shows it. */
export interface Group {
  readonly id: string
  readonly name: string
  readonly scopes: readonly unknown[]
}

/** A new API token. */
export interface MadeToken {
  readonly id: string
  readonly name: string
  readonly value: string
  readonly answer: Answer
  /** The body of the creation, for full replaces. */
  readonly body: Readonly<Record<string, unknown>>
}

/** What a token of an assumption may do, which nothing rests on. */
export const HARMLESS = 'Workers KV Storage Read'
const ACCOUNT_SCOPE = 'com.cloudflare.api.account'
/** The largest page of the lists of tokens, which is as large as those of Access take at least. */
const PAGE_SIZE = 50

/** The answer where it is a success; otherwise the assumption is not tried. */
export function demand(answer: Answer, what: string): Answer {
  if (!isSuccess(answer)) throw new NotTried(`${what} was answered with ${describe(answer)}`)
  return answer
}

/** Every item of a list below the account. */
export async function listAll(account: Account, path: string): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for (let page = 1; ; page += 1) {
    const joined = `${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=${PAGE_SIZE}`
    const results = resultsOf(demand(await account.cloudflare('GET', joined), `GET ${path}`))
    items.push(...results)
    if (results.length < PAGE_SIZE) return items
  }
}

/** Ids of the items of a list that have exactly this name. */
export async function idsNamed(account: Account, path: string, name: string): Promise<readonly string[]> {
  const items = await listAll(account, path)
  return items.filter((item) => textOf(item, 'name') === name).map((item) => textOf(item, 'id'))
}

/** The account's permission groups, read once. */
export function permissionGroups(account: Account): Promise<readonly Group[]> {
  return account.once('permission groups', async () => {
    const answer = demand(
      await account.cloudflare('GET', '/tokens/permission_groups'),
      'Listing the permission groups'
    )
    return resultsOf(answer).map((item) => ({
      id: textOf(item, 'id'),
      name: textOf(item, 'name'),
      scopes: listOf(fieldOf(item, 'scopes'))
    }))
  })
}

/** Policies that allow these groups on the account. */
export async function policiesFor(account: Account, ...names: readonly string[]): Promise<readonly object[]> {
  const groups = await permissionGroups(account)
  const ids = names.map((name) => {
    const found = groups.find((group) => group.name === name && group.scopes.includes(ACCOUNT_SCOPE))
    if (found === undefined) throw new NotTried(`the account has no permission group ${name}`)
    return { id: found.id }
  })
  const resources = { [`${ACCOUNT_SCOPE}.${account.options.accountId}`]: '*' }
  return [{ effect: 'allow', permission_groups: ids, resources }]
}

/** Tries to make a token; `change` replaces parts of the body. */
export async function postToken(
  account: Account,
  change: Readonly<Record<string, unknown>> = {}
): Promise<{ readonly answer: Answer; readonly body: Readonly<Record<string, unknown>> }> {
  const body = { name: account.newName(), policies: await policiesFor(account, HARMLESS), ...change }
  const answer = await account.leftovers.make({
    label: `API token ${body.name}`,
    create: () => account.cloudflare('POST', '/tokens', { json: body }),
    find: () => idsNamed(account, '/tokens?include_expired=true', body.name),
    remove: (id) => account.cloudflare('DELETE', `/tokens/${id}`)
  })
  return { answer, body }
}

/** Makes a token of its own. */
export async function makeToken(
  account: Account,
  change: Readonly<Record<string, unknown>> = {}
): Promise<MadeToken> {
  const { answer, body } = await postToken(account, change)
  const result = resultOf(demand(answer, 'Creating an API token'))
  return {
    id: textOf(result, 'id'),
    value: textOf(result, 'value'),
    name: String(body['name']),
    ...{ answer, body }
  }
}

/** One token for all assumptions that change nothing of it. */
export function sharedToken(account: Account): Promise<MadeToken> {
  return account.once('token', () => makeToken(account))
}

/** Whether a value authenticates within a minute; a new one may be refused for some seconds. */
export async function waitUntilActive(account: Account, value: string): Promise<boolean> {
  const active = await account.eventually(60, async () =>
    isSuccess(await verify(account, value)) ? true : undefined
  )
  return active === true
}

/** Asks a token for itself. */
export function verify(account: Account, value: string): Promise<Answer> {
  return account.cloudflare('GET', '/tokens/verify', { token: value })
}

/** The id of a Secrets Store: the one that was named, or the account's first. */
export function storeId(account: Account): Promise<string> {
  return account.once('store', async () => {
    const { storeId: given } = account.options
    if (given !== undefined) return given
    const [first] = resultsOf(
      demand(await account.cloudflare('GET', '/secrets_store/stores'), 'Listing the Secrets Stores')
    )
    if (first === undefined) throw new NotTried('the account has no Secrets Store')
    return textOf(first, 'id')
  })
}

/** The id of a KV namespace: the one that was named, or one that is made. */
export function namespaceId(account: Account): Promise<string> {
  return account.once('namespace', async () => {
    const { namespaceId: given } = account.options
    if (given !== undefined) return given
    const title = account.newName()
    const answer = await account.leftovers.make({
      label: `KV namespace ${title}`,
      create: () => account.cloudflare('POST', '/storage/kv/namespaces', { json: { title } }),
      find: async () =>
        (await listAll(account, '/storage/kv/namespaces'))
          .filter((item) => textOf(item, 'title') === title)
          .map((item) => textOf(item, 'id')),
      remove: (id) => account.cloudflare('DELETE', `/storage/kv/namespaces/${id}`)
    })
    return textOf(resultOf(demand(answer, 'Creating a KV namespace')), 'id')
  })
}

/** The id of a D1 database: the one that was named, or one that is made. */
export function databaseId(account: Account): Promise<string> {
  return account.once('database', async () => {
    const { databaseId: given } = account.options
    if (given !== undefined) return given
    const name = account.newName()
    const answer = await account.leftovers.make({
      label: `D1 database ${name}`,
      create: () => account.cloudflare('POST', '/d1/database', { json: { name } }),
      idOf: (made) => textOf(resultOf(made), 'uuid'),
      find: async () =>
        (await listAll(account, `/d1/database?name=${name}`))
          .filter((item) => textOf(item, 'name') === name)
          .map((item) => textOf(item, 'uuid')),
      remove: (id) => account.cloudflare('DELETE', `/d1/database/${id}`)
    })
    return textOf(resultOf(demand(answer, 'Creating a D1 database')), 'uuid')
  })
}
