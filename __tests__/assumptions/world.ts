import { Account } from '../../assumptions/account.ts'
import type { SandboxAccount } from '../../assumptions/sandbox-account.ts'
import { seededRandom } from '../../sandbox/random.ts'

/** The account of a sandbox as the command calls it, in this process. */
export function createAccount({ sandbox, options }: SandboxAccount): Account {
  return new Account({
    ...options,
    cloudflareApiUrl: 'https://api.cloudflare.com/client/v4',
    githubApiUrl: 'https://api.github.com',
    fetch: sandbox.fetch,
    clock: sandbox.clock,
    random: seededRandom(7)
  })
}

/** Everything that the command could have made, by name. */
export function leftoversOf({ sandbox: { cloudflare, github } }: SandboxAccount): readonly string[] {
  const { tokens, access, secretsStores, kv, d1 } = cloudflare
  const [repository] = github.repositories
  return [
    ...[...tokens.existing, ...access.serviceTokens.existing].map(({ name }) => name),
    ...[...access.policies.all, ...access.groups.all].map(({ body }) => body.current.name),
    ...secretsStores.all.flatMap(({ id }) => Object.keys(secretsStores.values(id))),
    ...kv.all.flatMap(({ title, keys }) => [title, ...keys]),
    ...d1.all.flatMap(({ name, tables }) => [name, ...tables]),
    ...Object.keys(repository!.secrets.actions.values),
    ...[...repository!.environments.values()].flatMap((vault) => Object.keys(vault.values)),
    ...repository!.labels.keys()
  ].sort()
}
