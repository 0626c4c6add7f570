import { answered, fieldOf, isSuccess, listOf, resultOf, succeeded, textOf, type Answer } from './answer.ts'
import { all, when, type Assumption } from './assumption.ts'
import { makeRules, makeServiceToken, ruleFor } from './access-things.ts'

const NO_ID = '00000000-0000-0000-0000-000000000000'
const ADDRESSES = ['192.0.2.1/32', '192.0.2.2/32', '192.0.2.3/32', '192.0.2.4/32']
const RULES = ADDRESSES.map((ip) => ({ ip: { ip } }))
const NO_RULES = [{ ip: { ip: '192.0.2.9/32' } }]

function sortedRules(answer: Answer, list: string): string {
  return JSON.stringify(
    listOf(fieldOf(resultOf(answer), list))
      .map((rule) => JSON.stringify(rule))
      .toSorted()
  )
}

type Kind = 'policies' | 'groups'

/** What a policy needs beside a name and rules. */
function decisionOf(kind: Kind): Readonly<Record<string, string>> {
  return kind === 'policies' ? { decision: 'non_identity' } : {}
}

/** What holds for policies and for groups. */
const forBoth: readonly ((kind: Kind) => Assumption)[] = [
  (kind) => ({
    id: `${kind}/rules-are-a-set`,
    source: '[DOC]',
    says: 'The rules come back as they were written, in whatever order.',
    async run(account) {
      const { path } = await makeRules(account, kind, { include: RULES, require: NO_RULES })
      const read = await account.cloudflare('GET', path)
      const sent = JSON.stringify(RULES.map((rule) => JSON.stringify(rule)).toSorted())
      return all(
        when(sortedRules(read, 'include') === sent, 'include is another set'),
        when(
          sortedRules(read, 'require') === JSON.stringify([JSON.stringify(NO_RULES[0])]),
          'require is another set'
        )
      )
    }
  }),
  (kind) => ({
    id: `${kind}/names-by-uuid`,
    source: '[SDK]',
    says: 'A rule names a service token by its UUID, and is read back so.',
    async run(account) {
      const { id } = await makeServiceToken(account)
      const { answer } = await makeRules(account, kind, { include: [ruleFor(id)] })
      return when(
        sortedRules(answer, 'include') === JSON.stringify([JSON.stringify(ruleFor(id))]),
        'is read back differently'
      )
    }
  }),
  (kind) => ({
    id: `${kind}/two-tokens`,
    source: '[DOC]',
    says: 'Two service tokens can stand in one list, and each be taken out again.',
    async run(account) {
      const [one, two] = [await makeServiceToken(account), await makeServiceToken(account)]
      const { path } = await makeRules(account, kind, { include: [ruleFor(one.id)] })
      const name = account.newName()
      const both = { name, ...decisionOf(kind), include: [ruleFor(one.id), ruleFor(two.id)] }
      const added = await account.cloudflare('PUT', path, { json: both })
      const removed = await account.cloudflare('PUT', path, {
        json: { ...both, include: [ruleFor(two.id)] }
      })
      const deleted = await account.cloudflare('DELETE', one.path)
      return all(succeeded(added), succeeded(removed), succeeded(deleted))
    }
  }),
  (kind) => ({
    id: `${kind}/put-replaces`,
    source: '[DOC]',
    says: 'An update replaces the whole: a list that it leaves out is empty.',
    async run(account) {
      const { path } = await makeRules(account, kind, { include: RULES, exclude: NO_RULES })
      const json = { name: account.newName(), ...decisionOf(kind), include: RULES }
      await account.cloudflare('PUT', path, { json })
      const read = await account.cloudflare('GET', path)
      return when(sortedRules(read, 'exclude') === '[]', 'kept what was left out')
    }
  }),
  (kind) => ({
    id: `${kind}/include-needed`,
    source: '[SDK]',
    says: 'An update without include is refused, and changes nothing.',
    async run(account) {
      const { path, answer } = await makeRules(account, kind, { include: RULES })
      const refused = await account.cloudflare('PUT', path, {
        json: { name: account.newName(), ...decisionOf(kind) }
      })
      const read = await account.cloudflare('GET', path)
      return all(
        when(!isSuccess(refused), 'was accepted'),
        when(sortedRules(read, 'include') === sortedRules(answer, 'include'), 'changed the rules')
      )
    }
  }),
  (kind) => ({
    id: `${kind}/answer-holds-rules`,
    source: '[SDK]',
    says: 'An update answers the rules that it wrote, with the id.',
    async run(account) {
      const { path, id } = await makeRules(account, kind, { include: NO_RULES })
      const json = { name: account.newName(), ...decisionOf(kind), include: RULES }
      const written = await account.cloudflare('PUT', path, { json })
      const read = await account.cloudflare('GET', path)
      return all(
        when(textOf(resultOf(written), 'id') === id, 'has another id'),
        when(sortedRules(written, 'include') === sortedRules(read, 'include'), 'answers other rules')
      )
    }
  }),
  (kind) => ({
    id: `${kind}/missing`,
    source: '[OBS]',
    says: 'One that does not exist is answered with 404, also to a deletion.',
    async run(account) {
      const path = `/access/${kind}/${NO_ID}`
      return all(
        answered(await account.cloudflare('GET', path), 404),
        answered(await account.cloudflare('DELETE', path), 404)
      )
    }
  })
]

/** What Access does with policies and groups, which are read, changed and written back whole. */
export const accessRules: readonly Assumption[] = (['policies', 'groups'] as const).flatMap((kind) =>
  forBoth.map((assume) => assume(kind))
)
