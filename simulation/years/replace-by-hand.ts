import type { World } from '../world.ts'
import type { Setting } from './settings.ts'

/** Puts new tokens in for both credentials of the bootstrap pair, at both destinations, as a person does when both slots have ended. */
export function replaceByHand({ sandbox, account }: World, { name, ttlMs }: Setting): void {
  const { tokens, secretsStores } = sandbox.cloudflare
  const made = [
    {
      secret: 'PRIMARY_TOKEN_CREATION_TOKEN',
      groups: ['Account API Tokens Read', 'Account API Tokens Write']
    },
    { secret: 'PRIMARY_SECRET_EDIT_TOKEN', groups: ['Secrets Store Write'] }
  ]
  const vault = account.repository.environment(account.environment)
  for (const { secret, groups } of made) {
    const { value } = tokens.seed({ name: `${secret} of ${name} (made by hand)`, groups, ttlMs })
    vault.put(secret, value)
    const stored = [...account.store.secrets.values()].find((one) => one.name === secret)
    if (stored === undefined) throw new Error(`the store has no ${secret}`)
    secretsStores.edit(stored, { value })
  }
}
