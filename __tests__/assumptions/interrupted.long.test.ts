import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { createSandboxAccount, type SandboxAccount } from '../../assumptions/sandbox-account.ts'
import { serveSandbox } from '../../sandbox/server.ts'
import { leftoversOf } from './world.ts'

interface Exit {
  readonly code: number | null
  readonly output: string
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** Runs the command with `--live` against a sandbox on a loopback port, and interrupts it during one call. */
async function interrupt(
  world: SandboxAccount,
  { only, signal, isInterruptionPoint, phase }: Interruption
): Promise<Exit> {
  const server = await serveSandbox(world.sandbox)
  closers.push(server.close)
  const { options } = world
  const child: ChildProcess = spawn(
    process.execPath,
    ['--no-warnings', join(import.meta.dirname, '../../assumptions/main.ts'), '--live', '--only', only],
    {
      env: {
        PATH: process.env['PATH'],
        CLOUDFLARE_API_TOKEN: options.cloudflareToken,
        CLOUDFLARE_ACCOUNT_ID: options.accountId,
        CLOUDFLARE_API_BASE_URL: server.cloudflareApiUrl,
        GITHUB_TOKEN: options.githubToken,
        GITHUB_REPOSITORY: options.repository,
        GITHUB_API_URL: server.githubApiUrl
      },
      stdio: ['ignore', 'pipe', 'pipe']
    }
  )
  let output = ''
  const stopping = Promise.withResolvers<void>()
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Stopping:')) stopping.resolve()
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const unsubscribe = world.sandbox.onCall(async ({ phase: now, call }) => {
    if (now !== phase || !isInterruptionPoint(`${call.method} ${call.path}`)) return
    unsubscribe()
    child.kill(signal)
    await Promise.race([stopping.promise, ended])
  })
  return { code: await ended, output }
}

interface Interruption {
  readonly only: string
  readonly signal: NodeJS.Signals
  readonly phase: 'before' | 'after'
  readonly isInterruptionPoint: (call: string) => boolean
}

const nth = (count: number, pattern: RegExp): ((call: string) => boolean) => {
  let seen = 0
  return (call) => pattern.test(call) && ++seen === count
}

describe('interrupted assumptions command', () => {
  it.each([
    ['policies/', 'SIGINT', 'before', 1, /^POST .*service_tokens/],
    ['policies/', 'SIGINT', 'after', 3, /^POST .*policies/],
    ['policies/', 'SIGTERM', 'after', 2, /^PUT .*policies/],
    ['store/', 'SIGINT', 'after', 2, /^POST .*secrets$/],
    ['kv/', 'SIGTERM', 'before', 1, /^POST .*namespaces/],
    ['d1/', 'SIGINT', 'after', 1, /^POST .*query/],
    ['github/', 'SIGINT', 'after', 2, /^PUT .*secrets/]
  ] as const)(
    'removes everything that %s created when %s arrives %s call %d of %s',
    async (only, signal, phase, count, pattern) => {
      const world = createSandboxAccount()
      const before = leftoversOf(world)
      const { code, output } = await interrupt(world, {
        only,
        signal,
        phase,
        isInterruptionPoint: nth(count, pattern)
      })
      expect(output).toContain('Everything that was made is removed.')
      expect(output).toContain('the command was stopped')
      expect(code).toBe(130)
      expect(leftoversOf(world)).toEqual(before)
      expect(output).not.toMatch(/cfat_|cfast_|github_pat_/)
    }
  )

  it('names what it could not remove after an interruption', async () => {
    const world = createSandboxAccount()
    world.sandbox.faults.add({
      match: { method: 'DELETE', path: /secrets_store/, count: Infinity },
      when: 'before',
      answer: { status: 403 }
    })
    const isInterruptionPoint = nth(1, /^POST .*secrets$/)
    const { code, output } = await interrupt(world, {
      only: 'store/',
      signal: 'SIGINT',
      phase: 'after',
      isInterruptionPoint
    })
    expect(output).toMatch(
      /Could not be removed; remove it by hand:\n {2}Secrets Store secret ROTATE_ASSUMPTION_\w{8}\n/
    )
    expect(code).toBe(130)
  })
})
