import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
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

  it('yields to a variable of env', async () => {
    const { secrets, env } = given()
    const { R2_EXPLORER_ACCESS_CLIENT_SECRET = '' } = secrets
    const wrong = { ...secrets, R2_EXPLORER_ACCESS_CLIENT_SECRET: 'a-secret-that-does-not-work-here' }
    const { main } = await stage.run({
      inputs: { config: ACCESS, secrets: JSON.stringify(wrong) },
      env: { ...env, R2_EXPLORER_ACCESS_CLIENT_SECRET }
    })
    expect(main.outputs['outcome']).toBe('rotated')
  }, 60_000)
})
