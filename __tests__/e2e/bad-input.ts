import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Stage, type RunOptions } from './stage.ts'

/** A wrong input, with what the person reads: where it is wrong, or what to do. */
export type BadInput = readonly [string, (stage: Stage) => RunOptions, readonly RegExp[]]

/** Defines the tests of wrong inputs. */
export function testBadInputs(cases: readonly BadInput[]): void {
  describe('the built action', () => {
    let stage: Stage
    let workspace: string
    beforeAll(async () => {
      stage = await Stage.open()
      workspace = mkdtempSync(join(tmpdir(), 'workspace-'))
    }, 60_000)
    afterEach(() => {
      stage.account.repository.issues.splice(0)
    })
    afterAll(async () => {
      rmSync(workspace, { recursive: true, force: true })
      await stage.close()
    })

    it.each(cases)(
      'reports %s with its place and what to do, changes nothing and shows no stack',
      async (_name, options, messages) => {
        stage.sandbox.transcript.clear()
        const before = JSON.stringify([stage.slots(), stage.sandbox.cloudflare.tokens.existing.length])
        const { main, post } = await stage.run({ workspace, ...options(stage) })
        expect(main.exitCode).toBe(1)
        expect(main.outputs['outcome']).toBe('failed')
        for (const message of messages) expect(main.log).toMatch(message)
        expect(main.log).toMatch(/^error: /m)
        expect(main.log.match(/^error: /gm)).toHaveLength(1)
        expect(main.log).not.toMatch(/^\s+at /m)
        expect(post.exitCode).toBe(0)
        expect(JSON.stringify([stage.slots(), stage.sandbox.cloudflare.tokens.existing.length])).toBe(before)
        const writes = stage.sandbox.transcript.calls.filter(
          ({ method, applied, path }) => method !== 'GET' && applied && !/\/(issues|labels)\b/.test(path)
        )
        expect(writes).toEqual([])
        expect(stage.leaks()).toEqual([])
      },
      60_000
    )
  })
}
