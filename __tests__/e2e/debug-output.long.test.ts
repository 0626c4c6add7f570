import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { ACCESS } from '../../sandbox/configurations.ts'
import { Stage } from './stage.ts'

const OTHER = 'another-secret-of-the-step-4711'

describe('the debug output of Node.js', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterAll(() => stage.close())

  it.each(['child_process', '*'])(
    'shows nothing of the environment of a command with NODE_DEBUG=%s',
    async (debug) => {
      const { main } = await stage.run({
        inputs: { config: ACCESS, force: 'true' },
        env: { ...stage.accessEnvironment(), NODE_DEBUG: debug, OTHER_SECRET: OTHER }
      })
      expect(main.outputs['outcome']).toBe('rotated')
      expect(main.output).toMatch(/CHILD_PROCESS \d+:/)
      expect(main.output).not.toContain(OTHER)
      expect(stage.leaks()).toEqual([])
    },
    60_000
  )
})
