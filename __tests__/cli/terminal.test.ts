import { describe, expect, it } from '@jest/globals'
import { Terminal, type Output } from '../../src/cli/terminal.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'

function open({ isTTY = false, env = {} }: { isTTY?: boolean; env?: NodeJS.ProcessEnv } = {}) {
  const written = { out: '', err: '' }
  const stream = (name: 'out' | 'err') =>
    ({ isTTY, on: () => undefined, write: (text: string) => (written[name] += text) }) as unknown as Output
  const secrets = new SecretRegistry(() => undefined)
  return {
    written,
    secrets,
    terminal: new Terminal({ stdout: stream('out'), stderr: stream('err'), env, secrets })
  }
}

describe('Terminal', () => {
  it('writes the result to standard output and everything else to standard error', () => {
    const { terminal, written } = open()
    terminal.result('done')
    terminal.progress('going on')
    terminal.warning('careful')
    terminal.error('no')
    expect(written).toEqual({ out: 'done\n', err: 'going on\nwarning: careful\nerror: no\n' })
  })

  it('takes secrets out of every text, and what would control the terminal', () => {
    const { terminal, secrets, written } = open()
    secrets.register('v1.0-0123456789abcdef0123')
    terminal.result('it is v1.0-0123456789abcdef0123')
    terminal.error('a\u001b]0;title\u0007\u001b[31mb\u202ec\r')
    expect(written).toEqual({ out: 'it is ***\n', err: 'error: a]0;title[31mbc\n' })
  })

  it.each([
    ['a terminal', { isTTY: true }, true],
    ['a pipe', { isTTY: false }, false],
    ['NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR', { isTTY: true, env: { NO_COLOR: '' } }, true],
    ['a dumb terminal', { isTTY: true, env: { TERM: 'dumb' } }, false]
  ])('writes with colours or without to %s', (_what, options, coloured) => {
    const { terminal, written } = open(options)
    terminal.result('x', 'green')
    expect(written.out).toBe(coloured ? '\u001b[32mx\u001b[0m\n' : 'x\n')
  })
})
