import type { Account } from './account.ts'
import { resultOf, textOf, type Answer } from './answer.ts'
import { demand, idsNamed } from './cloudflare-things.ts'

/** A service token of its own. */
export interface MadeServiceToken {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly answer: Answer
}

/** A policy or a group of its own. */
export interface MadeRules {
  readonly id: string
  readonly path: string
  readonly answer: Answer
}

const TOKENS = '/access/service_tokens'

/** Makes a service token that no rule names. */
export async function makeServiceToken(
  account: Account,
  change: Readonly<Record<string, unknown>> = {}
): Promise<MadeServiceToken> {
  const name = account.newName()
  const answer = await account.leftovers.make({
    label: `Access service token ${name}`,
    create: () => account.cloudflare('POST', TOKENS, { json: { name, ...change } }),
    find: () => idsNamed(account, TOKENS, name),
    remove: (id) => account.cloudflare('DELETE', `${TOKENS}/${id}`)
  })
  const id = textOf(resultOf(demand(answer, 'Creating an Access service token')), 'id')
  return { id, name, path: `${TOKENS}/${id}`, answer }
}

/** Makes a reusable policy, which no application uses, or a group, which no policy names. */
export async function makeRules(
  account: Account,
  kind: 'policies' | 'groups',
  body: Readonly<Record<string, unknown>>
): Promise<MadeRules> {
  const root = `/access/${kind}`
  const name = account.newName()
  const decision = kind === 'policies' ? { decision: 'non_identity' } : {}
  const answer = await account.leftovers.make({
    label: `Access ${kind === 'policies' ? 'policy' : 'group'} ${name}`,
    create: () => account.cloudflare('POST', root, { json: { name, ...decision, ...body } }),
    find: () => idsNamed(account, root, name),
    remove: (id) => account.cloudflare('DELETE', `${root}/${id}`)
  })
  const id = textOf(resultOf(demand(answer, `Creating one of the Access ${kind}`)), 'id')
  return { id, path: `${root}/${id}`, answer }
}

/** A rule that names a service token. */
export function ruleFor(token_id: string): object {
  return { service_token: { token_id } }
}
