import { answered, fieldOf, isSuccess, listOf, resultOf, resultsOf, succeeded, textOf } from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import {
  idsNamed,
  listAll,
  makeToken,
  policiesFor,
  postToken,
  sharedToken,
  verify,
  waitUntilActive
} from './cloudflare-things.ts'
import { expiredToken } from './tokens-verify.ts'

const AN_HOUR_MS = 3_600_000

function grants(policies: unknown): string {
  return JSON.stringify(
    listOf(policies)
      .map((policy) => {
        const groups = listOf(fieldOf(policy, 'permission_groups')).map((group) => textOf(group, 'id'))
        return JSON.stringify([fieldOf(policy, 'effect'), groups.toSorted(), fieldOf(policy, 'resources')])
      })
      .toSorted()
  )
}

/** What the API does with account tokens. */
export const tokens: readonly Assumption[] = [
  {
    id: 'tokens/create',
    source: '[SDK]',
    says: 'A creation answers id, value, status active, issued_on and the name.',
    async run(account) {
      const { answer, name, value } = await makeToken(account)
      const result = resultOf(answer)
      return all(
        when(value !== '', 'has no value'),
        when(textOf(result, 'id') !== '', 'has no id'),
        when(textOf(result, 'name') === name, 'has another name'),
        when(textOf(result, 'status') === 'active', `has the status ${textOf(result, 'status')}`),
        when(!Number.isNaN(Date.parse(textOf(result, 'issued_on'))), 'has no issued_on')
      )
    }
  },
  {
    id: 'tokens/value-once',
    source: '[DOC]',
    says: 'Only the creation answers the value: neither a read nor the list does.',
    async run(account) {
      const { id, value } = await sharedToken(account)
      const read = await account.cloudflare('GET', `/tokens/${id}`)
      const list = await listAll(account, '/tokens')
      return when(!`${read.text}${JSON.stringify(list)}`.includes(value), 'the value was answered again')
    }
  },
  {
    id: 'tokens/issued-on',
    source: '[SDK]',
    says: "issued_on is the time of the creation by Cloudflare's own clock.",
    async run(account) {
      const { answer } = await makeToken(account)
      const date = Date.parse(answer.headers.get('date') ?? '')
      const issued = Date.parse(textOf(resultOf(answer), 'issued_on'))
      return when(Math.abs(issued - date) < 300_000, 'is more than five minutes from the Date of the answer')
    }
  },
  {
    id: 'tokens/last-used-on',
    source: '[SDK]',
    says: 'last_used_on is absent or null until the first use.',
    async run(account) {
      const { id } = await makeToken(account)
      const result = resultOf(await account.cloudflare('GET', `/tokens/${id}`))
      return when(fieldOf(result, 'last_used_on') == null, 'is set on a token that was never used')
    }
  },
  {
    id: 'tokens/expires-on',
    source: '[OBS]',
    says: 'expires_on takes no milliseconds, and is answered as it was sent.',
    async run(account) {
      const end = new Date(account.options.clock.now() + AN_HOUR_MS).toISOString()
      const whole = `${end.slice(0, 19)}Z`
      const refused = await postToken(account, { expires_on: end })
      const { answer } = await makeToken(account, { expires_on: whole })
      const seen = Date.parse(textOf(resultOf(answer), 'expires_on'))
      return all(
        when(!isSuccess(refused.answer), 'took milliseconds'),
        when(seen === Date.parse(whole), 'is answered as another instant')
      )
    }
  },
  {
    id: 'tokens/name-120',
    source: '[DOC]',
    says: 'A name has at most 120 characters.',
    async run(account) {
      const long = account.newName().padEnd(120, 'x')
      const { answer: fits } = await postToken(account, { name: long })
      const { answer: tooLong } = await postToken(account, { name: `${account.newName().padEnd(120, 'x')}x` })
      return all(succeeded(fits), when(!isSuccess(tooLong), 'took 121 characters'))
    }
  },
  {
    id: 'tokens/list',
    source: '[SDK]',
    says: 'A new token is in the list, with its status, and a deleted one is not.',
    async run(account) {
      const { id, name } = await makeToken(account)
      const seen = await account.eventually(30, async () =>
        (await idsNamed(account, '/tokens', name)).includes(id) ? true : undefined
      )
      await account.cloudflare('DELETE', `/tokens/${id}`)
      const gone = await account.eventually(30, async () =>
        (await idsNamed(account, '/tokens?include_expired=true', name)).length === 0 ? true : undefined
      )
      return all(
        when(seen === true, 'a new token is not listed'),
        when(gone === true, 'a deleted one is listed')
      )
    }
  },
  {
    id: 'tokens/list-disabled',
    source: '[?]',
    says: 'A disabled token stays in the list, as disabled.',
    async run(account) {
      const { id, body } = await makeToken(account)
      await account.cloudflare('PUT', `/tokens/${id}`, { json: { ...body, status: 'disabled' } })
      const listed = (await listAll(account, '/tokens')).find((item) => textOf(item, 'id') === id)
      return when(textOf(listed, 'status') === 'disabled', `has the status ${textOf(listed, 'status')}`)
    }
  },
  {
    id: 'tokens/list-expired',
    source: '[SDK]',
    says: 'A token that expired lately is listed with include_expired=true, as expired.',
    async run(account) {
      const { id } = await expiredToken(account)
      const items = await listAll(account, '/tokens?include_expired=true')
      const listed = items.find((item) => textOf(item, 'id') === id)
      return when(textOf(listed, 'status') === 'expired', `has the status ${textOf(listed, 'status')}`)
    }
  },
  {
    id: 'tokens/pages',
    source: '[SDK]',
    says: 'Pages of 50 are accepted, and result_info tells the total.',
    async run(account) {
      const answer = await account.cloudflare('GET', '/tokens?per_page=50&page=1')
      const total = fieldOf(fieldOf(answer.body, 'result_info'), 'total_count')
      return all(succeeded(answer), when(typeof total === 'number', 'has no total_count'))
    }
  },
  {
    id: 'tokens/put-replaces',
    source: '[DOC]',
    says: 'An update replaces the whole token: what it leaves out is gone.',
    async run(account) {
      const { id, body } = await makeToken(account, {
        condition: { request_ip: { not_in: ['192.0.2.1/32'] } }
      })
      const { name, policies } = body
      await account.cloudflare('PUT', `/tokens/${id}`, { json: { name, policies } })
      const { text } = await account.cloudflare('GET', `/tokens/${id}`)
      return when(!text.includes('192.0.2.1'), 'kept the client IP filter that was left out')
    }
  },
  {
    id: 'tokens/put-keeps',
    source: '[SDK]',
    says: 'An update keeps id, issued_on and the value.',
    async run(account) {
      const { id, value, body, answer } = await makeToken(account)
      const renamed = await account.cloudflare('PUT', `/tokens/${id}`, { json: body })
      const result = resultOf(renamed)
      return all(
        succeeded(renamed),
        when(textOf(result, 'id') === id, 'has another id'),
        when(textOf(result, 'issued_on') === textOf(resultOf(answer), 'issued_on'), 'has another issued_on'),
        when(await waitUntilActive(account, value), 'the value does not authenticate any more')
      )
    }
  },
  {
    id: 'tokens/enable-again',
    source: '[SDK]',
    says: 'A disabled token that is enabled again authenticates again with the same value.',
    async run(account) {
      const { id, value, body } = await makeToken(account)
      await waitUntilActive(account, value)
      for (const status of ['disabled', 'active'])
        await account.cloudflare('PUT', `/tokens/${id}`, { json: { ...body, status } })
      if (!(await waitUntilActive(account, value))) return 'was not active after a minute'
      return when(textOf(resultOf(await verify(account, value)), 'id') === id, 'told another id')
    }
  },
  {
    id: 'tokens/policies-set',
    source: '[TF]',
    says: 'Policies come back with the same grants, in whatever order.',
    async run(account) {
      const policies = [
        ...(await policiesFor(account, 'Workers KV Storage Read', 'D1 Read')),
        ...(await policiesFor(account, 'Secrets Store Read'))
      ]
      const { id } = await makeToken(account, { policies })
      const read = resultOf(await account.cloudflare('GET', `/tokens/${id}`))
      return when(grants(fieldOf(read, 'policies')) === grants(policies), 'has other grants')
    }
  },
  {
    id: 'tokens/policy-id',
    source: '[DOC]',
    says: 'A creation whose policies carry ids is refused with 400.',
    async run(account) {
      const [policy] = await policiesFor(account, 'Workers KV Storage Read')
      const { answer } = await postToken(account, { policies: [{ ...policy, id: 'f'.repeat(32) }] })
      return answered(answer, 400)
    }
  },
  {
    id: 'tokens/condition',
    source: '[SDK]',
    says: 'A client IP filter sent as request_ip is answered as request_ip or request.ip.',
    async run(account) {
      const filter = { not_in: ['192.0.2.1/32'] }
      const { id } = await makeToken(account, { condition: { request_ip: filter } })
      const condition = fieldOf(resultOf(await account.cloudflare('GET', `/tokens/${id}`)), 'condition')
      const seen = fieldOf(condition, 'request_ip') ?? fieldOf(condition, 'request.ip')
      return when(
        JSON.stringify(listOf(fieldOf(seen, 'not_in'))) === JSON.stringify(filter.not_in),
        `has the keys ${Object.keys(condition ?? {}).join(', ')}`
      )
    }
  },
  {
    id: 'tokens/create-checked',
    source: '[DOC]',
    says: 'A permission group that does not exist is refused with 400.',
    async run(account) {
      const [policy] = await policiesFor(account, 'Workers KV Storage Read')
      const policies = [{ ...policy, permission_groups: [{ id: 'f'.repeat(32) }] }]
      const { answer } = await postToken(account, { policies })
      return all(answered(answer, 400), when(resultsOf(answer).length === 0, 'answered a token'))
    }
  }
]
