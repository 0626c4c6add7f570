import { describe, expect, it } from '@jest/globals'
import { createCommandProbe, type CommandProbeOptions } from '../../src/probes/command.ts'
import type { CommandEnding, CommandRequest } from '../../src/kernel/command.ts'
import { MAX_EVIDENCE } from '../../src/probes/http.ts'
import type { FieldValues, ProbeEvidence } from '../../src/rotation/model/ports.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'

const ID = 'id-of-the-pair.access'
const SECRET = 'kQ9-secret-of-the-pair'
const NEVER = new AbortController().signal

/** How a command ends, its streams as texts. */
interface Ending {
  readonly ending?: CommandEnding
  /** For a command that exited by itself. */
  readonly exitCode?: number
  readonly output?: string
  readonly errors?: string
  readonly cut?: boolean
}

/** Runs a probe once with a command that ends as told. */
async function tryOnce(
  { output = '', errors = '', cut = false, exitCode = 0, ending }: Ending,
  options: Partial<CommandProbeOptions> & { readonly values?: FieldValues } = {}
): Promise<{ evidence: ProbeEvidence; requests: readonly CommandRequest[] }> {
  const keeper = new SecretRegistry(() => undefined)
  const values: FieldValues = { 'client-id': keeper.register(ID), 'client-secret': keeper.register(SECRET) }
  const requests: CommandRequest[] = []
  const probe = createCommandProbe({
    command: './check.sh',
    fields: [
      { field: 'client-id', primary: 'APP_ID', secondary: 'APP_ID_OLD' },
      { field: 'client-secret', primary: 'APP_SECRET', secondary: 'APP_SECRET_OLD' }
    ],
    timeoutMs: 120_000,
    signal: NEVER,
    redact: (text) => keeper.redact(text),
    runCommand: (request) => {
      requests.push(request)
      return Promise.resolve({
        ending: ending ?? { state: 'exited', exitCode },
        stdout: { text: output, cut },
        stderr: { text: errors, cut }
      })
    },
    ...options
  })
  return { evidence: await probe.run(options.values ?? values), requests }
}

describe('a probe by command', () => {
  it('has the values under their primary names, and nothing pasted into its text', async () => {
    const { requests } = await tryOnce({}, { command: 'curl -u "$APP_ID:${APP_SECRET}" x' })
    expect(requests).toEqual([
      {
        command: 'curl -u "$APP_ID:${APP_SECRET}" x',
        env: { APP_ID: ID, APP_SECRET: SECRET },
        timeoutMs: 120_000,
        signal: NEVER
      }
    ])
  })

  it('no part of a secret in its name, where that is cut', async () => {
    const { evidence } = await tryOnce({}, { command: `${'x'.repeat(110)}${SECRET}` })
    expect(evidence.label).toBe(`run: ${'x'.repeat(110)}***`)
  })

  it('leaves out a value that there is not', async () => {
    const keeper = new SecretRegistry(() => undefined)
    const { requests } = await tryOnce({}, { values: { 'client-id': keeper.register(ID) } })
    expect(requests[0]?.env).toEqual({ APP_ID: ID })
  })

  it('is named by its line, on one line and not without end', async () => {
    const short = createProbe('  one\n  two\t three\n')
    const long = createProbe('x'.repeat(500))
    expect(short).toMatchObject({ label: 'run: one two three', kind: 'command' })
    expect(long.label).toBe(`run: ${'x'.repeat(120)}…`)
    expect((await tryOnce({}, { command: 'a\nb' })).requests[0]?.command).toBe('a\nb')

    function createProbe(command: string) {
      return createCommandProbe({
        command,
        fields: [],
        timeoutMs: 1,
        signal: NEVER,
        redact: (text) => text,
        runCommand: () => Promise.reject(new Error('not to be run'))
      })
    }
  })
})

describe('how a command ended', () => {
  it.each<readonly [string, Ending, Partial<ProbeEvidence>]>([
    ['well', { exitCode: 0 }, { verdict: 'passed', detail: 'exit code 0' }],
    [
      'well, with words, which can be anything',
      { exitCode: 0, output: ' https://share.example/s/Zx7Qw9 \n', errors: 'token: abc' },
      { verdict: 'passed', detail: 'exit code 0' }
    ],
    ['1', { exitCode: 1, output: 'no' }, { verdict: 'forbidden', detail: 'exit code 1: stdout: no' }],
    [
      '1, with both streams',
      { exitCode: 1, output: 'a\nb\n', errors: 'c' },
      { verdict: 'forbidden', detail: 'exit code 1: stdout: a\nb stderr: c' }
    ],
    ['1, without a word', { exitCode: 1 }, { verdict: 'forbidden', detail: 'exit code 1' }],
    [
      '127',
      { exitCode: 127, errors: 'r2: not found' },
      {
        verdict: 'inconclusive',
        final: true,
        detail: 'a command was not found (exit code 127): stderr: r2: not found'
      }
    ],
    [
      '126',
      { exitCode: 126 },
      { verdict: 'inconclusive', final: true, detail: 'a command cannot be run (exit code 126)' }
    ],
    [
      'for its time',
      { ending: { state: 'timed-out' }, output: 'half' },
      { verdict: 'inconclusive', detail: 'it did not end within 120 s: stdout: half' }
    ],
    [
      'before it began',
      { ending: { state: 'not-started', reason: 'spawn bash ENOENT' } },
      { verdict: 'inconclusive', final: true, detail: 'bash could not be started (spawn bash ENOENT)' }
    ],
    [
      'with the run',
      { ending: { state: 'cancelled' } },
      { verdict: 'inconclusive', detail: 'the run was cancelled' }
    ]
  ])('%s', async (_how, result, expected) => {
    const { evidence } = await tryOnce(result)
    expect(evidence).toMatchObject({ label: 'run: ./check.sh', ...expected })
    if (evidence.verdict !== 'passed') expect(evidence.hint).toMatch(/command/)
    if (expected.final === true) expect(evidence.hint).toContain('install it in a step before this one')
  })

  it('is never proof that a credential is dead', async () => {
    for (const exitCode of [1, 2, 22, 127, 128, 137, 401 % 256]) {
      const { evidence } = await tryOnce({ exitCode, output: '401 access_required' })
      expect(evidence.verdict).not.toBe('unauthenticated')
      expect(evidence.final === true).toBe(exitCode === 127)
    }
    for (const state of ['timed-out', 'cancelled'] as const) {
      const { evidence } = await tryOnce({ ending: { state }, output: '401 access_required' })
      expect(evidence.verdict).not.toBe('unauthenticated')
      expect(evidence.final).not.toBe(true)
    }
  })
})

describe('the output of a command', () => {
  it.each([0, 1])('is masked, with exit code %i', async (exitCode) => {
    const { evidence } = await tryOnce(
      {
        exitCode,
        output: `${SECRET} ${Buffer.from(SECRET).toString('hex')} said ${ID}`,
        errors: `not ${SECRET}`
      },
      { evidence: 'full' }
    )
    expect(evidence.detail).toBe(`exit code ${exitCode}: stdout: *** *** said *** stderr: not ***`)
  })

  it('is masked each stream by itself, though one goes on where the other ends', async () => {
    const { evidence } = await tryOnce({ exitCode: 1, output: SECRET.slice(0, 12), errors: SECRET.slice(12) })
    expect(evidence.detail).toMatch(/^exit code 1: stdout: \*\*\* stderr: /)
  })

  it('shows nothing of a secret that its own limit cut', async () => {
    const { evidence } = await tryOnce({ exitCode: 1, output: `x ${SECRET.slice(0, 11)}`, cut: true })
    expect(evidence.detail).not.toContain(SECRET.slice(0, 3))
  })

  it('is kept to 4 KiB, of both streams together', async () => {
    const { evidence } = await tryOnce({ exitCode: 1, output: 'x'.repeat(9_000), errors: 'y'.repeat(9_000) })
    expect(evidence.detail.length).toBeLessThan(MAX_EVIDENCE + 150)
    expect(evidence.detail).toMatch(/x{2000}.*y{2000}/s)
  })

  it.each([3, 5, SECRET.length - 1])(
    'is masked before it is cut, %i characters into a secret',
    async (before) => {
      const output = `${'x'.repeat(MAX_EVIDENCE - before)}${SECRET}${'y'.repeat(100)}`
      const { evidence } = await tryOnce({ exitCode: 1, output })
      expect(evidence.detail).not.toContain(SECRET.slice(0, before))
      expect(evidence.detail).toMatch(/^exit code 1: stdout: x+\*{1,3}/)
      expect(evidence.detail).toContain(`… (cut at ${MAX_EVIDENCE} characters)`)
    }
  )
})
