import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { ACCOUNT, InitStage } from './init-stage.ts'
import { root } from './stage.ts'

const ENTER = '\r'
const SPACE = ' '
const CTRL_C = '\u0003'

let stage: InitStage
const terminals: ChildProcess[] = []
afterEach(async () => {
  for (const terminal of terminals.splice(0)) terminal.kill()
  await stage.close()
})

/** Runs `init` in a terminal, and types the keys of each answer when its question is shown. */
function answer(answers: readonly (readonly [question: string, keys: string])[]): Promise<{
  readonly code: number | null
  readonly screen: string
}> {
  const command = [
    process.execPath,
    join(root, 'dist/cli.js'),
    'init',
    '--cloudflare-api-url',
    stage.server.cloudflareApiUrl
  ]
  const terminal = spawn('script', ['-qefc', `stty cols 250 rows 50; ${command.join(' ')}`, '/dev/null'], {
    cwd: stage.directory,
    env: { ...stage.env, CLOUDFLARE_SETUP_TOKEN: '', TERM: 'xterm' }
  })
  const left = [...answers]
  let screen = ''
  let unread = ''
  terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk
    unread += chunk
    const [next] = left
    if (next === undefined || !unread.includes(next[0])) return
    left.shift()
    unread = ''
    terminal.stdin.write(next[1])
  })
  terminals.push(terminal)
  return new Promise((resolve) => terminal.once('close', (code) => resolve({ code, screen })))
}

describe('rotate-action init, in a terminal', () => {
  it('asks for everything, shows the link of the App, waits for its installation, and ends with a green check', async () => {
    stage = await InitStage.open()
    stage.app.repositories = []
    const asked = answer([
      ['Set-up token of Cloudflare', stage.setupToken + ENTER],
      ['Account ID, 32 hexadecimal digits', ACCOUNT + ENTER],
      ['What do you want to rotate?', SPACE + ENTER],
      ['Which lock keeps two runs apart?', ENTER],
      ['Make all of this?', ENTER],
      ['Client ID of the App', String(stage.app.id) + ENTER],
      ['Path of its private key', `app.pem${ENTER}`],
      ['Is it done?', ENTER]
    ])
    stage.sandbox.onCall(({ phase, call }) => {
      // Somebody installs the App after the first look.
      if (phase === 'after' && call.path.endsWith('/installation')) stage.app.repositories = ['acme/ops']
      return Promise.resolve()
    })
    const { code, screen } = await asked
    expect({ code, screen: code === 0 ? '' : screen }).toEqual({ code: 0, screen: '' })
    expect(screen).toContain(
      'https://github.com/settings/apps/new?name=ops-rotation&url=https%3A%2F%2Fgithub.com%2Facme%2Fops&public=false&webhook_active=false&secrets=write&environments=write'
    )
    expect(screen).toContain('The App is not installed on acme/ops')
    expect(screen).toContain('healthy')
    for (const value of [stage.setupToken, ...Object.values(stage.secrets)])
      expect(screen).not.toContain(value)
    expect(Object.keys(stage.secrets).sort()).toEqual([
      'CLOUDFLARE_API_TOKEN',
      'PRIMARY_DEPLOY_TOKEN',
      'ROTATION_APP_PRIVATE_KEY'
    ])
  }, 60_000)

  it('ends with 130 at Ctrl-C, before anything is made', async () => {
    stage = await InitStage.open()
    const { code } = await answer([['Set-up token of Cloudflare', CTRL_C]])
    expect(code).toBe(130)
    expect(stage.sandbox.transcript.since(0).filter(({ method }) => method !== 'GET')).toEqual([])
  }, 60_000)
})
