import { fieldOf, resultsOf, textOf } from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import { demand, permissionGroups } from './cloudflare-things.ts'

const GROUPS = '/tokens/permission_groups'

/** Ids that Cloudflare's list has shown, with their names. */
const KNOWN: Readonly<Record<string, string>> = {
  '1e13c5124ca64b72b1969a67e8829049': 'Access: Apps and Policies Write',
  '959972745952452f8be2452be8cbb9f2': 'Access: Apps and Policies Write',
  '5e33b7d77788455c9fdf18cbd38ee5a0': 'Secrets Store Read',
  adc8fa2bc6124928a8b3314dc63a1235: 'Secrets Store Write',
  '5df633d6b41c42bcaf5b4a62b9d14b64': 'Email Sending Write'
}

/** How permissions are named. */
export const permissionGroupNames: readonly Assumption[] = [
  {
    id: 'groups/shape',
    source: '[SDK]',
    says: 'A permission group has an id of 32 hexadecimal digits, a name and scopes.',
    async run(account) {
      const groups = await permissionGroups(account)
      const odd = groups.find(({ id, scopes }) => !/^[0-9a-f]{32}$/.test(id) || scopes.length === 0)
      return all(when(groups.length > 0, 'none is listed'), when(odd === undefined, `${odd?.name} has not`))
    }
  },
  {
    id: 'groups/ambiguous',
    source: '[OBS]',
    says: 'Some names exist twice, and name and scope together exist once.',
    async run(account) {
      const groups = await permissionGroups(account)
      const names = new Set(groups.map(({ name }) => name))
      const keys = groups.flatMap(({ name, scopes }) => scopes.map((scope) => `${name} ${String(scope)}`))
      return all(
        when(names.size < groups.length, 'every name exists once'),
        when(new Set(keys).size === keys.length, 'a name exists twice in one scope')
      )
    }
  },
  {
    id: 'groups/known-ids',
    source: '[OBS]',
    says: 'Ids are stable: those that were seen have their names.',
    async run(account) {
      const groups = await permissionGroups(account)
      const other = Object.entries(KNOWN).find(
        ([id, name]) => groups.find((group) => group.id === id)?.name !== name
      )
      return when(other === undefined, `${other?.[0]} is not ${other?.[1]}`)
    }
  },
  {
    id: 'groups/selectable',
    source: '[DOC]',
    says: 'Each group says in is_selectable whether the caller may give it.',
    async run(account) {
      const answer = demand(await account.cloudflare('GET', GROUPS), 'Listing the permission groups')
      const silent = resultsOf(answer).filter((group) => typeof fieldOf(group, 'is_selectable') !== 'boolean')
      return when(silent.length === 0, `${silent.length} do not say`)
    }
  },
  {
    id: 'groups/filter',
    source: '[SDK]',
    says: 'The list can be filtered by name and by scope.',
    async run(account) {
      const query = '?name=Secrets%20Store%20Write&scope=com.cloudflare.api.account'
      const answer = demand(await account.cloudflare('GET', GROUPS + query), 'Filtering the groups')
      const names = resultsOf(answer).map((group) => textOf(group, 'name'))
      return all(
        when(names.includes('Secrets Store Write'), 'does not find what it names'),
        when(
          names.every((name) => name.includes('Secrets Store Write')),
          'finds others'
        )
      )
    }
  }
]
