import { answered, fieldOf, isSuccess, resultOf, succeeded, textOf } from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import { makeRules, makeServiceToken, ruleFor } from './access-things.ts'
import { idsNamed, listAll } from './cloudflare-things.ts'

const NO_ID = '00000000-0000-0000-0000-000000000000'
const TOKENS = '/access/service_tokens'
const DAY_MS = 86_400_000

/** What Access does with service tokens: what is disabled, deleted or found by its name rests on it. */
export const serviceTokens: readonly Assumption[] = [
  {
    id: 'access/create',
    source: '[SDK]',
    says: 'A creation answers a UUID, a client id that ends in .access, and a secret.',
    async run(account) {
      const result = resultOf((await makeServiceToken(account)).answer)
      return all(
        when(/^[0-9a-f-]{36}$/.test(textOf(result, 'id')), 'has no UUID'),
        when(textOf(result, 'client_id').endsWith('.access'), 'has another kind of client id'),
        when(textOf(result, 'client_secret') !== '', 'has no secret')
      )
    }
  },
  {
    id: 'access/created-at',
    source: '[OBS]',
    says: "A read answers created_at, by Cloudflare's own clock.",
    async run(account) {
      const { path } = await makeServiceToken(account)
      const read = await account.cloudflare('GET', path)
      const created = Date.parse(textOf(resultOf(read), 'created_at'))
      const date = Date.parse(read.headers.get('date') ?? '')
      return when(Math.abs(created - date) < 300_000, 'is missing, or more than five minutes off')
    }
  },
  {
    id: 'access/expires-at',
    source: '[SDK]',
    says: 'A read answers expires_at, whether or not the creation did.',
    async run(account) {
      const { path } = await makeServiceToken(account, { duration: '8760h' })
      const end = Date.parse(textOf(resultOf(await account.cloudflare('GET', path)), 'expires_at'))
      const days = (end - account.options.clock.now()) / DAY_MS
      return when(Math.abs(days - 365) < 1, 'is missing, or not a year from now')
    }
  },
  {
    id: 'access/secret-once',
    source: '[DOC]',
    says: 'Neither a read nor the list answers a secret.',
    async run(account) {
      const { path, answer } = await makeServiceToken(account)
      const secret = textOf(resultOf(answer), 'client_secret')
      const read = await account.cloudflare('GET', path)
      const list = JSON.stringify(await listAll(account, TOKENS))
      return when(!`${read.text}${list}`.includes(secret), 'the secret was answered again')
    }
  },
  {
    id: 'access/list',
    source: '[SDK]',
    says: 'A new service token is in the list under its name.',
    async run(account) {
      const { id, name } = await makeServiceToken(account)
      const seen = await account.eventually(30, async () =>
        (await idsNamed(account, TOKENS, name)).includes(id) ? true : undefined
      )
      return when(seen === true, 'is not listed')
    }
  },
  {
    id: 'access/rotate',
    source: '[DOC]',
    says: 'A rotation keeps id and client id, and answers another secret.',
    async run(account) {
      const { path, answer } = await makeServiceToken(account)
      const rotated = await account.cloudflare('POST', `${path}/rotate`)
      const [before, after] = [resultOf(answer), resultOf(rotated)]
      return all(
        succeeded(rotated),
        when(textOf(before, 'client_id') === textOf(after, 'client_id'), 'has another client id'),
        when(textOf(after, 'client_secret') !== '', 'has no secret'),
        when(textOf(before, 'client_secret') !== textOf(after, 'client_secret'), 'has the same secret')
      )
    }
  },
  {
    id: 'access/previous-secret',
    source: '[DOC]',
    says: 'A rotation takes an end for the previous secret, which an update may move into the past.',
    async run(account) {
      const { path, name } = await makeServiceToken(account)
      const at = (offsetMs: number): string => {
        const end = new Date(account.options.clock.now() + offsetMs).toISOString()
        return `${end.slice(0, 19)}Z`
      }
      const rotated = await account.cloudflare('POST', `${path}/rotate`, {
        json: { previous_client_secret_expires_at: at(DAY_MS) }
      })
      const moved = await account.cloudflare('PUT', path, {
        json: { name, previous_client_secret_expires_at: at(-1000) }
      })
      return all(succeeded(rotated), succeeded(moved))
    }
  },
  {
    id: 'access/rename-keeps',
    source: '[TF]',
    says: 'An update without duration keeps duration and expires_at.',
    async run(account) {
      const { path } = await makeServiceToken(account, { duration: '8760h' })
      const before = resultOf(await account.cloudflare('GET', path))
      await account.options.clock.sleep(2000)
      await account.cloudflare('PUT', path, { json: { name: account.newName() } })
      const after = resultOf(await account.cloudflare('GET', path))
      return all(
        when(fieldOf(after, 'expires_at') === fieldOf(before, 'expires_at'), 'has another expires_at'),
        when(fieldOf(after, 'duration') === fieldOf(before, 'duration'), 'has another duration')
      )
    }
  },
  {
    id: 'access/duration-resets',
    source: '[TF]',
    says: 'An update with duration counts it from the update, even where it is the same.',
    async run(account) {
      const { path, name } = await makeServiceToken(account, { duration: '8760h' })
      const before = resultOf(await account.cloudflare('GET', path))
      await account.options.clock.sleep(2000)
      await account.cloudflare('PUT', path, { json: { name, duration: '8760h' } })
      const after = resultOf(await account.cloudflare('GET', path))
      const moved = Date.parse(textOf(after, 'expires_at')) > Date.parse(textOf(before, 'expires_at'))
      return when(moved, 'keeps its expires_at')
    }
  },
  {
    id: 'access/refresh',
    source: '[DOC]',
    says: 'A refresh extends the expiry to a year from now.',
    async run(account) {
      const { path } = await makeServiceToken(account, { duration: '24h' })
      await account.cloudflare('POST', `${path}/refresh`)
      const end = Date.parse(textOf(resultOf(await account.cloudflare('GET', path)), 'expires_at'))
      return when(end - account.options.clock.now() > 364 * DAY_MS, 'ends sooner')
    }
  },
  {
    id: 'access/disable',
    source: '[DOC]',
    says: 'A service token can be disabled and enabled again, and says so.',
    async run(account) {
      const { path, name } = await makeServiceToken(account)
      const seen: unknown[] = []
      for (const enabled of [false, true]) {
        await account.cloudflare('PUT', path, { json: { name, enabled } })
        seen.push(fieldOf(resultOf(await account.cloudflare('GET', path)), 'enabled'))
      }
      return when(seen.join() === 'false,true', `says ${seen.join(', then ')}`)
    }
  },
  {
    id: 'access/delete-named-by-policy',
    source: '[OBS]',
    says: 'A service token that a policy names is not deleted: 400 and 12139.',
    async run(account) {
      const { id, path } = await makeServiceToken(account)
      await makeRules(account, 'policies', { include: [ruleFor(id)] })
      return answered(await account.cloudflare('DELETE', path), 400, 12139)
    }
  },
  {
    id: 'access/delete-named-by-group',
    source: '[OBS]',
    says: 'A service token that a group names is not deleted: 400 and 12139.',
    async run(account) {
      const { id, path } = await makeServiceToken(account)
      await makeRules(account, 'groups', { include: [ruleFor(id)] })
      return answered(await account.cloudflare('DELETE', path), 400, 12139)
    }
  },
  {
    id: 'access/delete',
    source: '[OBS]',
    says: 'A deleted service token is not found, neither by a read nor by a second deletion.',
    async run(account) {
      const { path } = await makeServiceToken(account)
      const deleted = await account.cloudflare('DELETE', path)
      return all(
        succeeded(deleted),
        answered(await account.cloudflare('GET', path), 404, 12135),
        answered(await account.cloudflare('DELETE', path), 404, 12135)
      )
    }
  },
  {
    id: 'access/missing',
    source: '[OBS]',
    says: 'A service token that does not exist is answered with 404 and 12135.',
    run: async (account) => answered(await account.cloudflare('GET', `${TOKENS}/${NO_ID}`), 404, 12135)
  },
  {
    id: 'access/pages',
    source: '[SDK]',
    says: 'Pages of 50 are accepted, and result_info tells the total.',
    async run(account) {
      const answer = await account.cloudflare('GET', `${TOKENS}?per_page=50&page=1`)
      const total = fieldOf(fieldOf(answer.body, 'result_info'), 'total_count')
      return all(when(isSuccess(answer), 'is refused'), when(typeof total === 'number', 'has no total_count'))
    }
  }
]
