import * as v from 'valibot'
import type { CloudflareServices } from '../cloudflare/services.ts'
import { routesOf } from '../cloudflare/token-routes.ts'
import { described } from '../kernel/fields.ts'
import type { ProbeKind } from '../rotation/model/kinds.ts'
import { createCanProbe } from './can.ts'

const schema = v.strictObject({
  can: described(
    v.picklist(['tokens', 'secrets'], 'must be tokens or secrets'),
    'What the new token must be able to do: list API tokens of its own kind (account or user), or list the secrets of the Secrets Store destinations.'
  )
})

/** A check that an API token may do what it is for. */
export const canKind: ProbeKind<v.InferOutput<typeof schema>, CloudflareServices> = {
  key: 'can',
  schema,
  suits: ['api-token'],
  needs: { 'api-token': ['value'] },
  findProblems: ({ can }, { storeIds }) =>
    can === 'secrets' && storeIds.length === 0
      ? [{ path: 'can', message: 'needs a destination of type secrets-store' }]
      : [],
  create: ({ can }, services, { storeIds, owner }) =>
    createCanProbe({ can, account: services.account('tokens'), routes: routesOf(owner), storeIds })
}
