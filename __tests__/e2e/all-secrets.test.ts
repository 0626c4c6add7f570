import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { configure } from '../../simulation/configurations.ts'
import { ACCESS } from '../../sandbox/configurations.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { Stage } from './stage.ts'

const OTHER = 'value-of-a-secret-that-no-one-reads'

describe('the input secrets through dist', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterEach(() => stage.close())

  /** The values of the environment, split into the secrets of the job and its variables. */
  function given(): { secrets: Record<string, string>; env: Record<string, string> } {
    const { R2_EXPLORER_BASE_URL = '', PATH = '', ...secrets } = stage.accessEnvironment()
    return { secrets: { ...secrets, OTHER, DUMMY: '1' }, env: { R2_EXPLORER_BASE_URL, PATH } }
  }

  it('gives the values that the configuration reads, and keeps the others from its commands', async () => {
    const config = configure(ACCESS, {
      credential: {
        verify: [
          { http: { url: '${R2_EXPLORER_BASE_URL}/api/v2/session/info', expect: 200 } },
          {
            run: 'test -n "$R2_EXPLORER_ACCESS_CLIENT_SECRET"; test -z "$OTHER$CLOUDFLARE_API_TOKEN$INPUT_SECRETS"; env | sort',
            evidence: 'full'
          }
        ]
      }
    })
    const { secrets, env } = given()
    const inputs = { config: `\n${config}`, secrets: JSON.stringify(secrets, null, 2) }
    const { main } = await stage.run({ inputs, env })
    expect(main.outputs['outcome']).toBe('rotated')
    expect(main.output).toContain(`::add-mask::${OTHER}\n`)
    expect(main.output).not.toContain('::add-mask::1\n')
    const record = JSON.parse(main.outputs['record'] ?? '') as RunRecord
    const [credential] = record.rotations[0]?.credentials ?? []
    expect(credential?.new?.clientId).toMatch(/\.access$/)
    expect(main.outputs['record']).not.toContain(OTHER)
    expect(stage.leaks()).toEqual([])
  }, 60_000)

  it('is refused before anything is called when it is not a JSON object, without its text', async () => {
    const { env } = given()
    const { main, failed } = await stage.run({
      inputs: { config: ACCESS, secrets: `{"A": "${OTHER}"` },
      env
    })
    expect(failed).toBe(true)
    expect(main.log).toContain('secrets: is not a JSON object of texts')
    expect(main.log).not.toContain(OTHER)
    expect(stage.sandbox.transcript.calls).toEqual([])
  }, 60_000)
})
