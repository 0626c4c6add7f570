import { seal } from '../src/github/seal.ts'
import { Secret } from '../src/kernel/secret.ts'
import type { Account } from './account.ts'
import { answered, describe, fieldOf, isSuccess, listOf, textOf, type Answer } from './answer.ts'
import { all, AS_ASSUMED, NotTried, when, type Assumption } from './assumption.ts'

interface MadeGithubSecret {
  readonly name: string
  readonly path: string
  readonly answer: Answer
}

const REPOSITORY_SECRETS = '/actions/secrets'
const VALUE = 'a value that nothing uses'

async function sealed(account: Account, root: string): Promise<Readonly<Record<string, string>>> {
  const { body } = await account.github('GET', `${root}/public-key`)
  const key_id = textOf(body, 'key_id')
  return { encrypted_value: await seal(new Secret(VALUE), { key: textOf(body, 'key'), key_id }), key_id }
}

async function putSecret(
  account: Account,
  root: string,
  change: Readonly<Record<string, string>> = {}
): Promise<MadeGithubSecret> {
  const name = account.newSecretName()
  const path = `${root}/${name}`
  const body = { ...(await sealed(account, root)), ...change }
  const answer = await account.leftovers.make({
    label: `GitHub secret ${name} of ${account.options.repository}`,
    create: () => account.github('PUT', path, { json: body }),
    idOf: () => name,
    find: () => Promise.resolve([name]),
    remove: (id) => account.github('DELETE', `${root}/${id}`)
  })
  return { name, path, answer }
}

async function makeSecret(account: Account, root = REPOSITORY_SECRETS): Promise<MadeGithubSecret> {
  const made = await putSecret(account, root)
  if (!isSuccess(made.answer))
    throw new NotTried(`writing a secret at GitHub was answered with ${describe(made.answer)}`)
  return made
}

function environmentSecrets(account: Account): string {
  const { environment } = account.options
  if (environment === undefined) throw new NotTried('no environment was named in GITHUB_ENVIRONMENT')
  return `/environments/${encodeURIComponent(environment)}/secrets`
}

function weakToken(account: Account): string {
  const { weakGithubToken } = account.options
  if (weakGithubToken === undefined) throw new NotTried('no token was given in GITHUB_WEAK_TOKEN')
  return weakGithubToken
}

/** What GitHub does with secrets: that a write is there is known by updated_at alone. */
export const githubSecrets: readonly Assumption[] = [
  {
    id: 'github/put-created',
    source: '[DOC]',
    says: 'A new secret is answered with 201.',
    run: async (account) => answered((await makeSecret(account)).answer, 201)
  },
  {
    id: 'github/put-updated',
    source: '[DOC]',
    says: 'A secret that is written again is answered with 204.',
    async run(account) {
      const { path } = await makeSecret(account)
      return answered(
        await account.github('PUT', path, { json: await sealed(account, REPOSITORY_SECRETS) }),
        204
      )
    }
  },
  {
    id: 'github/updated-at',
    source: '[OBS]',
    says: 'updated_at is within a second of the time that the write took, by the Date of its answer.',
    async run(account) {
      const { path } = await makeSecret(account)
      await account.options.clock.sleep(3000)
      const json = await sealed(account, REPOSITORY_SECRETS)
      const begun = account.options.clock.now()
      const written = await account.github('PUT', path, { json })
      const tookMs = account.options.clock.now() - begun
      const date = Date.parse(written.headers.get('date') ?? '')
      const updated = Date.parse(textOf((await account.github('GET', path)).body, 'updated_at'))
      return all(
        when(updated + 1000 >= date - tookMs, 'is before the write'),
        when(updated <= date + 1000, 'is after the write')
      )
    }
  },
  {
    id: 'github/write-only',
    source: '[DOC]',
    says: 'A read answers name, created_at and updated_at, and no value.',
    async run(account) {
      const { path, name } = await makeSecret(account)
      const read = await account.github('GET', path)
      return all(
        when(textOf(read.body, 'name') === name, 'has another name'),
        when(!Number.isNaN(Date.parse(textOf(read.body, 'created_at'))), 'has no created_at'),
        when(!Number.isNaN(Date.parse(textOf(read.body, 'updated_at'))), 'has no updated_at'),
        when(!read.text.includes(VALUE), 'answers the value')
      )
    }
  },
  {
    id: 'github/list',
    source: '[DOC]',
    says: 'The list tells its total and holds a new secret.',
    async run(account) {
      const { name } = await makeSecret(account)
      const { body } = await account.github('GET', `${REPOSITORY_SECRETS}?per_page=100`)
      const names = listOf(fieldOf(body, 'secrets')).map((item) => textOf(item, 'name'))
      return all(
        when(typeof fieldOf(body, 'total_count') === 'number', 'has no total_count'),
        when(names.includes(name), 'does not hold it')
      )
    }
  },
  {
    id: 'github/name-upper-case',
    source: '[OBS]',
    says: 'Names of secrets are read without regard to upper and lower case.',
    async run(account) {
      const { name } = await makeSecret(account)
      const read = await account.github('GET', `${REPOSITORY_SECRETS}/${name.toLowerCase()}`)
      return when(textOf(read.body, 'name') === name, 'is not found in lower case')
    }
  },
  {
    id: 'github/public-key',
    source: '[DOC]',
    says: 'A public key is 32 bytes in base64, with an id.',
    async run(account) {
      const { body } = await account.github('GET', `${REPOSITORY_SECRETS}/public-key`)
      const bytes = Buffer.from(textOf(body, 'key'), 'base64').length
      return all(when(bytes === 32, `is ${bytes} bytes`), when(textOf(body, 'key_id') !== '', 'has no id'))
    }
  },
  {
    id: 'github/key-id',
    source: '[?]',
    says: 'A value sealed with another key than the current one is refused with 422.',
    run: async (account) =>
      answered((await putSecret(account, REPOSITORY_SECRETS, { key_id: '1' })).answer, 422)
  },
  {
    id: 'github/secret-missing',
    source: '[DOC]',
    says: 'A secret that does not exist is answered with 404.',
    run: async (account) =>
      answered(await account.github('GET', `${REPOSITORY_SECRETS}/${account.newSecretName()}`), 404)
  },
  {
    id: 'github/delete',
    source: '[DOC]',
    says: 'A deletion is answered with 204, and the secret is gone.',
    async run(account) {
      const { path } = await makeSecret(account)
      return all(
        answered(await account.github('DELETE', path), 204),
        answered(await account.github('GET', path), 404)
      )
    }
  },
  {
    id: 'github/delete-missing',
    source: '[?]',
    says: 'Deleting what does not exist is answered with 404 by a token that may delete.',
    run: async (account) =>
      answered(await account.github('DELETE', `${REPOSITORY_SECRETS}/${account.newSecretName()}`), 404)
  },
  {
    id: 'github/denied',
    source: '[DOC]',
    says: 'A token that may not write secrets is answered with 403, also for what does not exist.',
    async run(account) {
      const path = `${REPOSITORY_SECRETS}/${account.newSecretName()}`
      return answered(await account.github('DELETE', path, { token: weakToken(account) }), 403)
    }
  },
  {
    id: 'github/accepted-permissions',
    source: '[DOC]',
    says: 'A 403 names what was missing in x-accepted-github-permissions.',
    async run(account) {
      const path = `${REPOSITORY_SECRETS}/${account.newSecretName()}`
      const { headers } = await account.github('DELETE', path, { token: weakToken(account) })
      const named = headers.get('x-accepted-github-permissions') ?? ''
      return when(named.includes('secrets=write'), named === '' ? 'is missing' : `names ${named}`)
    }
  },
  {
    id: 'github/token-unknown',
    source: '[DOC]',
    says: 'A token that is none is answered with 401.',
    run: async (account) =>
      answered(await account.github('GET', REPOSITORY_SECRETS, { token: `ghp_${'0'.repeat(36)}` }), 401)
  },
  {
    id: 'github/date',
    source: '[OBS]',
    says: 'Every answer carries a Date.',
    async run(account) {
      const { headers } = await account.github('GET', '')
      return when(!Number.isNaN(Date.parse(headers.get('date') ?? '')), 'has none')
    }
  },
  {
    id: 'github/environment',
    source: '[DOC]',
    says: "An environment's name is encoded in the path, and its secrets are written like others.",
    async run(account) {
      const root = environmentSecrets(account)
      const { path, answer } = await makeSecret(account, root)
      return all(answered(answer, 201), answered(await account.github('GET', path), 200))
    }
  },
  {
    id: 'github/environment-apart',
    source: '[DOC]',
    says: 'A secret of an environment is not one of the repository.',
    async run(account) {
      const { name } = await makeSecret(account, environmentSecrets(account))
      return answered(await account.github('GET', `${REPOSITORY_SECRETS}/${name}`), 404)
    }
  },
  {
    id: 'github/environment-missing',
    source: '[DOC]',
    says: 'An environment that does not exist is answered with 404.',
    async run(account) {
      const path = `/environments/${account.newName()}/secrets`
      const answer = await account.github('GET', path)
      return all(AS_ASSUMED, answered(answer, 404))
    }
  }
]
