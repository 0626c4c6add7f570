import type { Account } from './account.ts'
import { answered, describe, fieldOf, isSuccess, listOf, resultOf, succeeded, textOf } from './answer.ts'
import { all, AS_ASSUMED, when, type Assumption } from './assumption.ts'
import { makeToken, sharedToken, verify, waitUntilActive, type MadeToken } from './cloudflare-things.ts'

const NO_TOKEN = '0'.repeat(32)

/** A token that has expired, made once for all assumptions on one. */
export function expiredToken(account: Account): Promise<MadeToken> {
  return account.once('expired token', async () => {
    const { clock } = account.options
    const end = clock.now() + 20_000
    const token = await makeToken(account, { expires_on: `${new Date(end).toISOString().slice(0, 19)}Z` })
    while (clock.now() <= end + 5_000 && !account.isStopped) await clock.sleep(1000)
    return token
  })
}

/** As assumed where a value is refused in Cloudflare's words, or where verify says that it is not active. */
async function neverActive(account: Account, value: string): Promise<string> {
  const answer = await verify(account, value)
  if (!isSuccess(answer)) return answered(answer, 401, 1000)
  return when(textOf(resultOf(answer), 'status') !== 'active', 'answered that it is active')
}

/** What verify says of a token: whether a value is dead, and what is deleted, rests on it. */
export const tokenVerdicts: readonly Assumption[] = [
  {
    id: 'tokens/verify-active',
    source: '[SDK]',
    says: 'A value tells its own id and that it is active.',
    async run(account) {
      const { id, value } = await sharedToken(account)
      if (!(await waitUntilActive(account, value))) return 'was not active after a minute'
      const result = resultOf(await verify(account, value))
      return all(
        when(textOf(result, 'id') === id, 'told another id'),
        when(textOf(result, 'status') === 'active', `has the status ${textOf(result, 'status')}`)
      )
    }
  },
  {
    id: 'tokens/verify-deleted',
    source: '[OBS]',
    says: 'A deleted token is answered with 401 and 1000.',
    async run(account) {
      const { id, value } = await makeToken(account)
      await waitUntilActive(account, value)
      await account.cloudflare('DELETE', `/tokens/${id}`)
      const dead = await account.eventually(60, async () => {
        const answer = await verify(account, value)
        return isSuccess(answer) ? undefined : answer
      })
      return dead === undefined ? 'still authenticated after a minute' : answered(dead, 401, 1000)
    }
  },
  {
    id: 'tokens/verify-disabled',
    source: '[?]',
    says: 'A disabled token is never answered as active: 401 and 1000, or its status.',
    async run(account) {
      const { id, value, body } = await makeToken(account)
      await waitUntilActive(account, value)
      await account.cloudflare('PUT', `/tokens/${id}`, { json: { ...body, status: 'disabled' } })
      const verdict = await account.eventually(60, async () => {
        const seen = await neverActive(account, value)
        return seen === AS_ASSUMED ? seen : undefined
      })
      return verdict ?? 'still active after a minute'
    }
  },
  {
    id: 'tokens/verify-expired',
    source: '[?]',
    says: 'An expired token is never answered as active: 401 and 1000, or its status.',
    run: async (account) => neverActive(account, (await expiredToken(account)).value)
  },
  {
    id: 'tokens/verify-not-before',
    source: '[SDK]',
    says: 'A token is not active before its not_before.',
    async run(account) {
      const begin = new Date(account.options.clock.now() + 86_400_000).toISOString()
      const { value } = await makeToken(account, { not_before: `${begin.slice(0, 19)}Z` })
      return await neverActive(account, value)
    }
  },
  {
    id: 'tokens/verify-unknown',
    source: '[OBS]',
    says: 'A value that is no token is answered with 401 and 1000.',
    run: async (account) => answered(await verify(account, `cfat_${'0'.repeat(48)}`), 401, 1000)
  },
  {
    id: 'tokens/verify-foreign',
    source: '[OBS]',
    says: "An account token is answered with 401 and 1000 at the user's verify.",
    async run(account) {
      const { value } = await sharedToken(account)
      const answer = await account.cloudflareRoot('GET', '/user/tokens/verify', { token: value })
      return answered(answer, 401, 1000)
    }
  },
  {
    id: 'tokens/list-accounts',
    source: '[DOC]',
    says: 'An account token is answered with 400 and 1001 at the list of accounts.',
    async run(account) {
      const { value } = await sharedToken(account)
      return answered(await account.cloudflareRoot('GET', '/accounts', { token: value }), 400, 1001)
    }
  },
  {
    id: 'tokens/no-header',
    source: '[OBS]',
    says: 'A call without Authorization is answered with 400, not as a dead token.',
    run: async (account) =>
      answered(await account.cloudflare('GET', '/tokens/verify', { token: null }), 400, 6003, 1001)
  },
  {
    id: 'tokens/verify-messages',
    source: '[OBS]',
    says: 'A successful verify may carry messages with codes, and no errors.',
    async run(account) {
      const { value } = await sharedToken(account)
      await waitUntilActive(account, value)
      const { body } = await verify(account, value)
      return all(
        when(fieldOf(body, 'success') === true, 'success is not true'),
        when(listOf(fieldOf(body, 'errors')).length === 0, 'has errors')
      )
    }
  },
  {
    id: 'tokens/verify-blocked',
    source: '[OBS]',
    says: 'A token outside its client IP filter is answered with 403 and 9109, not as dead.',
    async run(account) {
      const condition = { request_ip: { in: ['192.0.2.1/32'] } }
      const { value } = await makeToken(account, { condition })
      const blocked = await account.eventually(60, async () => {
        const answer = await verify(account, value)
        return answer.status === 403 ? answer : undefined
      })
      return blocked === undefined
        ? `answered ${describe(await verify(account, value))}`
        : answered(blocked, 403, 9109)
    }
  },
  {
    id: 'tokens/denied',
    source: '[OBS]',
    says: 'A token that lacks a permission is answered with 403 and 10000.',
    async run(account) {
      const { value } = await sharedToken(account)
      await waitUntilActive(account, value)
      return answered(await account.cloudflare('GET', '/tokens', { token: value }), 403, 10000, 9109)
    }
  },
  {
    id: 'tokens/denied-deletion',
    source: '[?]',
    says: 'A deletion without permission is refused before the id is looked up: 403 for what cannot exist.',
    async run(account) {
      const { value } = await sharedToken(account)
      await waitUntilActive(account, value)
      const answer = await account.cloudflare('DELETE', `/tokens/${NO_TOKEN}`, { token: value })
      return answered(answer, 403)
    }
  },
  {
    id: 'tokens/wrong-account',
    source: '[OBS]',
    says: 'Another account is refused with 9109 or 7003, not as a dead token.',
    async run(account) {
      const answer = await account.cloudflareRoot('GET', `/accounts/${NO_TOKEN}/tokens`)
      return all(when(!isSuccess(answer), 'was answered'), answered(answer, answer.status, 9109, 7003, 10000))
    }
  },
  {
    id: 'tokens/delete-twice',
    source: '[OBS]',
    says: 'A token is deleted once, and is not found from then on.',
    async run(account) {
      const { id } = await makeToken(account)
      const first = await account.cloudflare('DELETE', `/tokens/${id}`)
      return all(
        succeeded(first),
        when(textOf(resultOf(first), 'id') === id, 'answered another id'),
        answered(await account.cloudflare('DELETE', `/tokens/${id}`), 404),
        answered(await account.cloudflare('GET', `/tokens/${id}`), 404)
      )
    }
  }
]
