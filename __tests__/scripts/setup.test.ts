import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

const SETUP = join(import.meta.dirname, '../../scripts/setup.mjs')
/** Fake npm that installs one of three packages, and ends when the file `go-on` exists. */
const NPM = `
const { existsSync, mkdirSync } = require('node:fs')
mkdirSync('node_modules/a', { recursive: true })
const timer = setInterval(() => existsSync('go-on') && clearInterval(timer), 20)
process.exitCode = Number(process.env.NPM_ENDS_WITH ?? 0)
`

describe('scripts/setup.mjs', () => {
  let clone: string
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'clone-'))
    mkdirSync(join(clone, 'scripts'))
    copyFileSync(SETUP, join(clone, 'scripts/setup.mjs'))
    writeFileSync(join(clone, 'npm.cjs'), NPM)
    writeFileSync(
      join(clone, 'package-lock.json'),
      JSON.stringify({
        packages: { '': {}, 'node_modules/a': {}, 'node_modules/b': {}, 'node_modules/c': {} }
      })
    )
  })
  afterEach(() => rmSync(clone, { recursive: true, force: true }))

  /** Runs the script, and lets npm end once progress was printed. */
  function run(env: Readonly<Record<string, string>> = {}): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, [join(clone, 'scripts/setup.mjs')], {
      env: { PATH: process.env['PATH'] ?? '', npm_execpath: join(clone, 'npm.cjs'), ...env }
    })
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.includes('1 of 3')) writeFileSync(join(clone, 'go-on'), '')
    })
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
  }

  it('prints at once what it installs, and then the progress', async () => {
    const { code, output } = await run()
    expect(code).toBe(0)
    expect(output).toMatch(/^Installing the dependencies \(npm ci\): 3 packages, .*minute/)
    expect(output).toMatch(/^ {2}1 of 3 packages after \d+ s …$/m)
    expect(output).toMatch(/^Installed after \d+ s\.$/m)
  }, 30_000)

  it('fails with the exit code of npm', async () => {
    expect((await run({ NPM_ENDS_WITH: '7' })).code).toBe(7)
  }, 30_000)

  it('refuses node_modules that is a symbolic link, and deletes nothing', async () => {
    mkdirSync(join(clone, 'shared'))
    writeFileSync(join(clone, 'shared/kept'), '')
    symlinkSync(join(clone, 'shared'), join(clone, 'node_modules'))
    const { code, output } = await run()
    expect(code).toBe(1)
    expect(output).toMatch(/^node_modules is a symbolic link/)
    expect(readdirSync(join(clone, 'shared'))).toEqual(['kept'])
  }, 30_000)

  it('does nothing when everything is installed', async () => {
    mkdirSync(join(clone, 'node_modules'))
    writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{}')
    expect(await run()).toEqual({ code: 0, output: '' })
    expect(existsSync(join(clone, 'node_modules/a'))).toBe(false)
  })
})
