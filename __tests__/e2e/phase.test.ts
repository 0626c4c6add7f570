import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.open()
}, 60_000)
afterEach(async () => {
  await stage.close()
})

describe('the file that is both main and post', () => {
  it('rotates although the workflow sets the state that marks post', async () => {
    const env = { ...stage.environment(), STATE_isPost: 'true', STATE_ended: 'true' }
    const { main, post } = await stage.run({ env })
    expect(main.outputs['outcome']).toBe('rotated')
    expect(post.output).toBe('')
  }, 60_000)

  it('does nothing in post when the state file cannot be written', async () => {
    const { main, post } = await stage.run({ runner: { GITHUB_STATE: '/dev/full' } })
    expect(main.outputs['outcome']).toBe('rotated')
    expect(post).toMatchObject({ exitCode: 0, log: '', outputs: {} })
  }, 60_000)

  it('does nothing in post when a probe overwrites the state that marks post', async () => {
    const forgery = String.raw`printf 'isPost<<_\n\n_\n' >> "$RUNNER_TEMP/main-state"`
    const config = ACCESS.replace(/- run: r2 share worker list.*/, () => `- run: ${JSON.stringify(forgery)}`)
    const { main, post } = await stage.run({ inputs: { config }, env: stage.accessEnvironment() })
    expect(main.outputs['outcome']).toBe('rotated')
    expect(main.summary).toContain('printf')
    expect(post.output).toBe('')
  }, 60_000)
})
