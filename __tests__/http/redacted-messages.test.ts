import { describe, expect, it } from '@jest/globals'
import { cloudflareErrorMapper } from '../../src/cloudflare/errors/error-mapper.ts'
import { githubErrorMapper } from '../../src/github/error-mapper.ts'
import { createApiFetch } from '../../src/http/api-fetch.ts'
import { coordinatorErrorMapper } from '../../src/locks/durable-object-lock.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'
import { createStandingClock } from './standing-clock.ts'

const TOKEN = 'cfat_Zx7Qw9Lm2Rt5Yb8Nk4Vc1Hs6Jd3Gf0Pa_9e8d7c6b5a4f3e2d'

describe('token in a long API message', () => {
  it.each([
    [
      'Cloudflare',
      cloudflareErrorMapper,
      (message: string) => ({ success: false, errors: [{ code: 1001, message }] })
    ],
    ['GitHub', githubErrorMapper, (message: string) => ({ message })],
    [
      'the coordinator',
      coordinatorErrorMapper,
      (message: string) => ({ error: { code: 'bad-request', message } })
    ]
  ])('shows no part of a token where a long message of %s is cut', async (_api, errorMapper, bodyOf) => {
    const secrets = new SecretRegistry(() => undefined)
    secrets.register(TOKEN)
    for (const shown of [1, 5, 11, 12, 50, 52]) {
      const apiFetch = createApiFetch({
        errorMapper,
        clock: createStandingClock(),
        random: () => 0,
        redact: (text) => secrets.redact(text),
        fetch: () =>
          Promise.resolve(Response.json(bodyOf(`${'x'.repeat(300 - shown)}${TOKEN}`), { status: 400 }))
      })
      const error: unknown = await apiFetch('https://api.example/x').catch((thrown: unknown) => thrown)
      expect(String(error)).not.toContain(`x${TOKEN[0]!}`)
      expect(String(error)).toContain('x'.repeat(200))
    }
  })
})
