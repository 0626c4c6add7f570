import { readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'
import { createSdk } from '../../src/cloudflare/client.ts'
import { Secret } from '../../src/kernel/secret.ts'

it('sends a form to the API in one call, and fetches nothing else for it', async () => {
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

it("requests the API version of the SDK's release date", async () => {
  const asked: (string | null)[] = []
  const sdk = createSdk(new Secret('cfat_fake'), {
    apiUrl: 'https://api.cloudflare.com/client/v4',
    fetch: (_input, init) => {
      asked.push(new Headers(init?.headers).get('api-version'))
      return Promise.resolve(Response.json({ success: true, errors: [], messages: [], result: {} }))
    }
  })
  await sdk.accounts.tokens.verify({ account_id: 'account' })
  const changelog = readFileSync('node_modules/cloudflare/CHANGELOG.md', 'utf8')
  const { version } = JSON.parse(readFileSync('node_modules/cloudflare/package.json', 'utf8')) as {
    version: string
  }
  const [, released] = changelog.split('## ').map((text) => /^(\S+) \((\d{4}-\d\d-\d\d)\)/.exec(text))
  expect(released?.[1]).toBe(version)
  expect(asked).toEqual([released?.[2]])
})
