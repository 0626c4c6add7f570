import { Account } from '../../assumptions/account.ts'
import type { SandboxAccount } from '../../assumptions/sandbox-account.ts'
import { seededRandom } from '../../sandbox/random.ts'

/** Creates the account of a sandbox as the command uses it, in this process. */
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

/** Names of everything that the command could have created. */
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
