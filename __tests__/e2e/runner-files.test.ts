import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { Stage } from './stage.ts'

let stage: Stage
let directory: string
beforeEach(async () => {
  stage = await Stage.open()
  directory = mkdtempSync(join(tmpdir(), 'temp-'))
}, 60_000)
afterEach(async () => {
  rmSync(directory, { recursive: true, force: true })
  expect(stage.leaks()).toEqual([])
  await stage.close()
})

describe('a runner file that cannot be written', () => {
  it('does not hide a wrong configuration', async () => {
    const { main } = await stage.run({
      inputs: { config: 'version: 1\nrotations: []\n' },
      runner: { GITHUB_OUTPUT: '/dev/full', GITHUB_STATE: '/dev/full' }
    })
    expect(main.exitCode).toBe(1)
    expect(main.log).toContain('error: ')
    expect(main.log).toContain('account-id')
    expect(main.log).not.toMatch(/defect|node:internal/)
  }, 60_000)

  it('is reported in one sentence while the rotation goes on', async () => {
    const { main } = await stage.run({
      runner: { GITHUB_STEP_SUMMARY: undefined, RUNNER_TEMP: join(directory, 'not-there') }
    })
    expect(main.exitCode).toBe(0)
    expect(main.outputs['outcome']).toBe('rotated')
    expect(main.outputs['record']).toContain('"rotated"')
    expect(main.outputs['record-file'] ?? '').toBe('')
    expect(main.log).toContain('This runner shows no job summary')
    expect(main.log).toMatch(/warning: The record could not be written to a file in RUNNER_TEMP \(ENOENT/)
    expect(main.log).not.toMatch(/defect|Unexpected|warning: .*summary/)
  }, 60_000)
})

describe('the file of the record', () => {
  it('is a new one for each step, readable by its owner alone, and follows no link', async () => {
    const victim = join(directory, 'victim')
    writeFileSync(victim, 'as it was')
    const temp = join(directory, 'temp')
    mkdirSync(temp)
    const { runs } = stage.account.repository
    const next = Math.max(0, ...runs.map(({ id }) => id)) + 1
    for (const id of [next, next + 1]) symlinkSync(victim, join(temp, `rotation-record-${id}-1.json`))
    const jobs = [
      await stage.run({ runner: { RUNNER_TEMP: temp } }),
      await stage.run({ runner: { RUNNER_TEMP: temp, GITHUB_RUN_ID: String(next) } })
    ]
    expect(readFileSync(victim, 'utf8')).toBe('as it was')
    const paths = jobs.map(({ main }) => main.outputs['record-file']!)
    expect(new Set(paths).size).toBe(2)
    for (const [index, path] of paths.entries()) {
      expect(path.startsWith(join(temp, 'rotation-record-'))).toBe(true)
      const status = lstatSync(path)
      expect(status.isFile()).toBe(true)
      expect((status.mode & 0o777).toString(8)).toBe('600')
      const record = JSON.parse(readFileSync(path, 'utf8')) as RunRecord
      expect(record).toEqual(JSON.parse(jobs[index]!.main.outputs['record']!))
    }
    expect(readdirSync(temp)).toHaveLength(4)
  }, 60_000)
})
