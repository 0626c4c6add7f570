import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { serveSandbox, type SandboxServer } from '../../sandbox/server.ts'
import { createAccessStage, type AccessStage } from './access-stage.ts'

const command = join(import.meta.dirname, '../../sandbox/bin/r2')
const running: SandboxServer[] = []

// Every command line is its own process, which can take a while to start on a busy machine.
jest.setTimeout(60_000)

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function createCommand(stage: AccessStage = createAccessStage()) {
  const server = await serveSandbox(stage.sandbox)
  running.push(server)
  const environment = {
    PATH: process.env['PATH'],
    R2_EXPLORER_BASE_URL: server.origin + stage.automation.servicePath,
    R2_EXPLORER_ACCESS_CLIENT_ID: stage.pair.clientId,
    R2_EXPLORER_ACCESS_CLIENT_SECRET: stage.pair.clientSecret
  }
  const r2 = (line: string, changes: Record<string, string> = {}) =>
    new Promise<Ended>((resolve) => {
      const options = { env: { ...environment, ...changes } }
      execFile(command, line.split(' '), options, (error, stdout, stderr) => {
        resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr })
      })
    })
  return { ...stage, server, r2 }
}

describe('r2 command', () => {
  it('creates, lists and revokes a share from the command line', async () => {
    const { r2, automation, sandbox } = await createCommand()
    const created = await r2('share worker create files documents/test.txt 1h --max-downloads 2')
    const [share] = automation.application.shares.values()
    expect(share).toMatchObject({ bucket: 'files', path: 'documents/test.txt', maxDownloads: 2 })
    const line = `${share?.id}  files/documents/test.txt  until 2026-01-01T01:00:00Z, at most 2 downloads\n`
    expect(created).toEqual({ exitCode: 0, stdout: line, stderr: '' })
    expect(await r2('share worker list files documents/test.txt')).toMatchObject({
      stdout: `${line}1 share\n`
    })
    expect(await r2(`share worker revoke ${share?.id}`)).toMatchObject({ stdout: `revoked ${share?.id}\n` })
    expect(await r2(`share worker revoke ${share?.id}`)).toEqual({
      ...{ exitCode: 1, stdout: '' },
      stderr: 'r2: 404 share_not_found\n'
    })
    expect(new Set(sandbox.transcript.calls.map(({ api, actor }) => `${api} ${actor}`))).toEqual(
      new Set(['service r2-explorer'])
    )
  })

  it('prints the reason when it fails, and never the secret', async () => {
    const { r2, automation, pair, server } = await createCommand()
    const { application } = automation
    const fail = async (changes?: Record<string, string>) => {
      const ended = await r2('share worker list files a', changes)
      expect(ended.stdout + ended.stderr).not.toContain(pair.clientSecret)
      expect(ended.exitCode).toBe(1)
      return ended.stderr
    }
    application.answerStyle = '401'
    expect(await fail({ R2_EXPLORER_ACCESS_CLIENT_SECRET: 'wrong' })).toBe('r2: 401 access_required\n')
    application.answerStyle = 'identity'
    expect(await fail({ R2_EXPLORER_ACCESS_CLIENT_ID: 'wrong' })).toBe(
      'r2: 302 redirected to octo.cloudflareaccess.com\n'
    )
    application.failure = 'edge-block'
    expect(await fail()).toBe('r2: 403 error code: 1010\n')
    application.failure = 'timed-out'
    expect(await fail()).toBe('r2: 522 share.example.test | 522: Connection timed out\n')
    expect(await fail({ R2_EXPLORER_BASE_URL: '' })).toBe('r2: R2_EXPLORER_BASE_URL is not set\n')
    await server.close()
    expect(await fail()).toMatch(
      /^r2: cannot reach http:\/\/127\.0\.0\.1:\d+\/service\/r2-explorer: ECONNREFUSED\n$/
    )
  })

  it.each([
    ['share worker', 'usage:'],
    ['share worker create files a', 'usage:'],
    ['share worker create files a 1y', '1y is no time to live'],
    ['share worker create files a 1h --max-downloads none', '--max-downloads takes a number']
  ])('explains what is wrong with the command line "%s"', async (line, text) => {
    const { r2, sandbox } = await createCommand()
    const { exitCode, stderr } = await r2(line)
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(text)])
    expect(sandbox.transcript.length).toBe(0)
  })
})
