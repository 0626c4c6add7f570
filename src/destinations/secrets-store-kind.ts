import * as v from 'valibot'
import { readStoreSecrets, type CloudflareServices } from '../cloudflare/services.ts'
import { described, hexId } from '../kernel/fields.ts'
import type { DestinationKind } from '../rotation/model/kinds.ts'
import type { DriverServices } from '../rotation/model/services.ts'
import { SecretsStore } from './secrets-store.ts'

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
  )
})

/** Secrets in a Secrets Store of Cloudflare. */
export const secretsStoreKind: DestinationKind<
  v.InferOutput<typeof schema>,
  DriverServices & CloudflareServices
> = {
  type: 'secrets-store',
  schema,
  permissions: () => [{ role: 'secrets', permission: 'Secrets Store Write' }],
  storeId: (configuration) => configuration['store-id'],
  create: ({ 'store-id': storeId, scopes }, services, { home }) => {
    const { clock, random, run, cancelled, reporter } = services
    return new SecretsStore({
      account: services.account('secrets'),
      ...{ storeId, scopes, home, clock, random, cancelled },
      runId: run.runId,
      secrets: () => readStoreSecrets(services, storeId),
      onWaiting: (message) => reporter.info(message)
    })
  }
}
