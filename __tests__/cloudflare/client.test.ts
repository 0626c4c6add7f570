import { expect, it } from '@jest/globals'
import { createSdk } from '../../src/cloudflare/client.ts'
import { Secret } from '../../src/rotation/secret.ts'

it('a form is one call to the API, and nothing else is fetched for it', async () => {
  const fetched: string[] = []
  const sdk = createSdk(new Secret('cfat_fake'), {
    apiUrl: 'https://api.cloudflare.com/client/v4',
    fetch: (input) => {
      fetched.push(input instanceof Request ? input.url : String(input))
      return Promise.resolve(Response.json({ success: true, errors: [], messages: [], result: null }))
    }
  })
  await sdk.kv.namespaces.values.update('key', {
    account_id: 'account',
    namespace_id: 'namespace',
    value: 'value'
  })
  expect(fetched).toEqual([
    'https://api.cloudflare.com/client/v4/accounts/account/storage/kv/namespaces/namespace/values/key'
  ])
})
