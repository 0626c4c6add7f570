import * as v from 'valibot'
import { readStoreSecrets, type CloudflareServices } from '../cloudflare/services.ts'
import type { CoordinatorServices } from '../coordinator/client.ts'
import { described, hexId, names } from '../kernel/fields.ts'
import type { Secret } from '../kernel/secret.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { SecretsStore } from './secrets-store/secrets-store.ts'
import { SeenSecretsStore } from './secrets-store/seen-secrets-store.ts'

const scope = v.picklist(
  ['workers', 'ai_gateway', 'dex', 'access', 'containers', 'websearch'],
  'must be workers, ai_gateway, dex, access, containers or websearch'
)

const schema = v.strictObject({
  type: v.literal('secrets-store'),
  'store-id': described(hexId('the id of a Secrets Store'), 'The Secrets Store.'),
  scopes: described(
    v.optional(v.pipe(v.array(scope), v.minLength(1, 'must hold at least one scope')), ['workers']),
    'Services that may read a secret which is created; existing ones keep theirs.'
  ),
  'seen-by': described(
    v.optional(v.literal('coordinator', 'must be coordinator')),
    '`coordinator`: a write is confirmed only when the coordinator, which binds the secrets, sees the new value.'
  ),
  names
})

/** Secrets in a Secrets Store of Cloudflare. */
export const secretsStoreKind: DestinationKind<
  v.InferOutput<typeof schema>,
  DriverServices & CloudflareServices & CoordinatorServices
> = {
  type: 'secrets-store',
  schema,
  permissions: () => [{ role: 'secrets', permission: 'Secrets Store Write' }],
  places: (configuration) => [configuration['store-id']],
  findNameProblem: (name) =>
    /^[A-Za-z0-9_-]{1,255}$/.test(name)
      ? undefined
      : `must be the name of a secret: 1 to 255 of A-Z, a-z, 0-9, _ and -, not "${name}"`,
  storeId: (configuration) => configuration['store-id'],
  needsCoordinator: (configuration) => (configuration['seen-by'] === undefined ? undefined : 'seen-by'),
  create: (
    { 'store-id': storeId, scopes, 'seen-by': seenBy, names: renamed = {} },
    services,
    { home, namesOf }
  ) => {
    const { clock, random, run, cancelled, reporter } = services
    const { coordinator } = services
    const options = {
      account: services.account('secrets'),
      ...{ storeId, scopes, home, namesOf, clock, random, cancelled },
      runId: run.runId,
      secrets: () => readStoreSecrets(services, storeId),
      onWaiting: (message: string) => reporter.info(message)
    }
    const given = (secret: string): Secret | undefined => {
      const found = Object.entries(renamed).find(([, own]) => [own].flat().includes(secret))
      return services.valuesOf(found?.[0] ?? secret).at(-1)
    }
    return [
      seenBy === undefined || coordinator === undefined
        ? new SecretsStore(options)
        : new SeenSecretsStore({ ...options, coordinator, given })
    ]
  }
}
