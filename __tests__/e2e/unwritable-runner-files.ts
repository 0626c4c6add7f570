import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { Stage } from './stage.ts'

const FILES = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'] as const

/** Defines the tests of a rotation that fails while each file of the runner in turn is one that cannot be written. */
export function testUnwritableRunnerFiles(paths: readonly string[]): void {
  describe('a failed rotation', () => {
    let stage: Stage
    beforeEach(async () => {
      stage = await Stage.open()
    }, 60_000)
    afterEach(async () => {
      expect(stage.leaks()).toEqual([])
      await stage.close()
    })

    it.each(FILES.flatMap((file) => paths.map((path) => [file, path] as const)))(
      'reports its failure and opens an issue when %s is %s',
      async (file, path) => {
        breakCreation(stage)
        const { main } = await stage.run({ runner: { [file]: path } })
        expect(main.exitCode).toBe(1)
        expect(main.log).toMatch(/^error: bootstrap: .*no new credential could be created/m)
        expect(main.log).not.toMatch(/defect|Unexpected|Unhandled|node:internal/)
        expect(main.log).toMatch(/warning: .*(could not be (set|saved|written))/)
        expect(stage.account.repository.issues).toHaveLength(1)
        if (file !== 'GITHUB_OUTPUT') expect(main.outputs['outcome']).toBe('rolled-back')
        if (file !== 'GITHUB_STEP_SUMMARY') expect(main.summary).toContain('rolled-back')
      },
      60_000
    )
  })
}

function breakCreation(stage: Stage): void {
  stage.sandbox.faults.add({
    match: { api: 'cloudflare', method: 'POST', path: /\/tokens$/, count: Infinity },
    when: 'before',
    answer: {
      status: 400,
      body: { success: false, errors: [{ code: 1001, message: 'no' }], messages: [], result: null }
    }
  })
}
