import { describe, expect, it } from '@jest/globals'
import {
  differenceOf,
  findUncopied,
  requireCopyable,
  writablePermissions,
  type TokenPermissions
} from '../../../src/credentials/api-token/token-permissions.ts'

const account = { 'com.cloudflare.api.account.1': '*' }
const zone = { 'com.cloudflare.api.account.zone.2': '*' }
const policy = (effect: 'allow' | 'deny', resources: Record<string, unknown>, ...ids: string[]) => ({
  effect,
  permission_groups: ids.map((id) => ({ id })),
  resources
})
const asked = (...policies: TokenPermissions['policies'][number][]): TokenPermissions => ({
  policies,
  condition: undefined
})
const read = (...policies: TokenPermissions['policies'][number][]) => ({
  id: 't1',
  policies: policies.map((one, index) => ({
    ...one,
    id: `p${index}`,
    permission_groups: one.permission_groups.map((group) => ({ ...group, name: 'cosmetic' }))
  })),
  condition: undefined
})

describe('permissions that are equal', () => {
  it.each([
    ['as they are', asked(policy('allow', account, 'a', 'b')), read(policy('allow', account, 'a', 'b'))],
    [
      'in another order of groups',
      asked(policy('allow', account, 'a', 'b')),
      read(policy('allow', account, 'b', 'a'))
    ],
    [
      'in another order of policies',
      asked(policy('allow', account, 'a'), policy('deny', zone, 'b')),
      read(policy('deny', zone, 'b'), policy('allow', account, 'a'))
    ],
    [
      'merged into one policy',
      asked(policy('allow', account, 'a'), policy('allow', account, 'b')),
      read(policy('allow', account, 'a', 'b'))
    ],
    [
      'split into several',
      asked(policy('allow', { ...account, ...zone }, 'a')),
      read(policy('allow', zone, 'a'), policy('allow', account, 'a'))
    ]
  ])('takes permissions for equal: %s', (_how, expected, actual) => {
    expect(differenceOf(expected, actual)).toBeUndefined()
  })
})

describe('permissions that differ', () => {
  it.each([
    ['a group is missing', read(policy('allow', account, 'a'))],
    ['a group was added', read(policy('allow', account, 'a', 'b', 'c'))],
    ['a resource is another', read(policy('allow', zone, 'a', 'b'))],
    [
      'the scope of a resource is another',
      read(policy('allow', { 'com.cloudflare.api.account.1': { 'zone.2': '*' } }, 'a', 'b'))
    ],
    ['the effect is another', read(policy('deny', account, 'a', 'b'))],
    ['there are none', read()]
  ])('takes permissions for different: %s', (_how, actual) => {
    expect(differenceOf(asked(policy('allow', account, 'a', 'b')), actual)).toMatch(
      /grants are missing|were added/
    )
  })

  it.each([
    ['left out', undefined],
    ['widened', { request_ip: { in: ['192.0.2.0/24', '198.51.100.0/24'] } }],
    ['with an exception less', { request_ip: { in: ['192.0.2.0/24'] } }]
  ])('takes permissions for different when the client IP filter was %s', (_how, condition) => {
    const expected = {
      ...asked(policy('allow', account, 'a')),
      condition: { request_ip: { in: ['192.0.2.0/24'], not_in: ['192.0.2.9'] } }
    }
    expect(differenceOf(expected, { ...read(policy('allow', account, 'a')), condition })).toContain(
      'client IP'
    )
  })
})

describe('attributes of permission groups', () => {
  const withMeta = (value?: string) => ({
    ...policy('allow', account),
    permission_groups: [{ id: 'a', ...(value !== undefined && { meta: { key: 'k', value } }) }]
  })

  it('are copied, without those that say nothing', () => {
    expect(writablePermissions(read(withMeta('v'))).policies).toEqual([withMeta('v')])
    const empty = [{ id: 'a', meta: {} }, { id: 'b', meta: null }, { id: 'c' }]
    const token = { ...read(), policies: [{ ...policy('allow', account), permission_groups: empty }] }
    expect(writablePermissions(token).policies).toEqual([policy('allow', account, 'a', 'b', 'c')])
  })

  it('are compared, unless they could not be asked for', () => {
    expect(differenceOf(asked(withMeta('v')), read(withMeta('v')))).toBeUndefined()
    for (const [wanted, got] of [['v', 'w'], ['v'], [undefined, 'v']]) {
      const args = [asked(withMeta(wanted)), read(withMeta(got))] as const
      expect(differenceOf(...args)).toContain('1 grants are missing and 1 were added')
      expect(differenceOf(...args, { ignoresMeta: true })).toBeUndefined()
    }
  })

  it('that this version does not know are said to be left out', () => {
    const unknown = { id: 'a', name: 'A', meta: {}, until: 'noon' }
    const policies = [{ ...policy('allow', account), permission_groups: [unknown], comment: 'c' }]
    expect(findUncopied('deploy', { ...read(), policies })[0]?.message).toBe(
      'deploy: the policies of t1 have comment, permission_groups[].until, which this version does not know and does not copy.'
    )
    expect(findUncopied('deploy', read(withMeta('v')))).toEqual([])
  })
})

describe('permissions of an unexpected form', () => {
  it.each([
    ['policies', { policies: null }],
    ['policies', { policies: undefined }],
    ['policies.0.resources', { policies: [{ effect: 'allow', permission_groups: [] }] }],
    ['policies.0.effect', { policies: [{ ...policy('allow', account), effect: 'perhaps' }] }],
    ['condition', { condition: 'noon' }]
  ])('are refused with the id of the token and the place (%s)', (place, changes) => {
    expect(() => requireCopyable('deploy', { ...read(), ...changes })).toThrow(
      `The answer to reading the permissions of the API token t1 has an unexpected form (${place}).`
    )
  })
})

describe('request for a new token', () => {
  it('sends no ids of policies and no names of groups, which Cloudflare refuses', () => {
    const sent = writablePermissions(read(policy('allow', account, 'a')))
    expect(sent).toEqual({ policies: [policy('allow', account, 'a')], condition: undefined })
  })

  it('sends the client IP filter, and none where it is empty', () => {
    const condition = { request_ip: { in: ['192.0.2.0/24'], not_in: null } }
    expect(writablePermissions({ id: 't1', policies: [], condition }).condition).toEqual({
      request_ip: { in: ['192.0.2.0/24'] }
    })
    for (const empty of [null, undefined, {}, { request_ip: null }, { request_ip: {} }])
      expect(writablePermissions({ id: 't1', policies: [], condition: empty }).condition).toBeUndefined()
  })
})
