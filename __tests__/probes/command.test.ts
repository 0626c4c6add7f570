import { describe, expect, it } from '@jest/globals'
import { createCommandProbe, type CommandProbeOptions } from '../../src/probes/command.ts'
import type { CommandEnding, CommandRequest } from '../../src/kernel/command.ts'
import { createFillIn } from '../../src/probes/own-values.ts'
import { MAX_EVIDENCE } from '../../src/probes/http.ts'
import type { FieldValues, ProbeEvidence } from '../../src/rotation/model/ports.ts'
import { SecretRegistry } from '../../src/kernel/secret.ts'

const ID = 'id-of-the-pair.access'
const SECRET = 'kQ9-secret-of-the-pair'
const NEVER = new AbortController().signal

/** End of a command, with its streams as strings. */
interface Ending {
  readonly ending?: CommandEnding
  /** For a command that exited by itself. */
  readonly exitCode?: number
  readonly output?: string
  readonly errors?: string
  readonly cut?: boolean
}

const FIELDS = [
  { field: 'client-id', primary: 'APP_ID', secondary: 'APP_ID_OLD' },
  { field: 'client-secret', primary: 'APP_SECRET', secondary: 'APP_SECRET_OLD' }
]

/** Runs a probe once with a command that ends as given. */
async function tryOnce(
  { output = '', errors = '', cut = false, exitCode = 0, ending }: Ending,
  options: Partial<CommandProbeOptions> & { readonly values?: FieldValues } = {}
): Promise<{ evidence: ProbeEvidence; requests: readonly CommandRequest[] }> {
  const secrets = new SecretRegistry(() => undefined)
  const values: FieldValues = {
    'client-id': secrets.register(ID),
    'client-secret': secrets.register(SECRET)
  }
  const requests: CommandRequest[] = []
  const probe = createCommandProbe({
    command: './check.sh',
    env: {},
    fillIn: createFillIn(FIELDS, (name) => `value of ${name}`),
    fields: FIELDS,
    timeoutMs: 120_000,
    signal: NEVER,
    redact: (text) => secrets.redact(text),
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

describe('command probe', () => {
  it('passes the values under their primary names, and pastes nothing into the command', async () => {
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

  it('passes the variables that it is given, with the new values and the variables of the step filled in', async () => {
    const env = { CF_ID: '${APP_ID}', URL: 'https://${HOST}/', APP_SECRET: 'its own' }
    const { requests } = await tryOnce({}, { env })
    expect(requests[0]?.env).toEqual({
      APP_ID: ID,
      APP_SECRET: 'its own',
      CF_ID: ID,
      URL: 'https://value of HOST/'
    })
  })

  it('shows no part of a secret where the label of the probe is cut', async () => {
    const { evidence } = await tryOnce({}, { command: `${'x'.repeat(110)}${SECRET}` })
    expect(evidence.label).toBe(`run: ${'x'.repeat(110)}***`)
  })

  it('omits a value that does not exist from the environment of the command', async () => {
    const secrets = new SecretRegistry(() => undefined)
    const { requests } = await tryOnce({}, { values: { 'client-id': secrets.register(ID) } })
    expect(requests[0]?.env).toEqual({ APP_ID: ID })
  })

  it('labels the probe with its command, on one line of limited length', async () => {
    const short = createProbe('  one\n  two\t three\n')
    const long = createProbe('x'.repeat(500))
    expect(short).toMatchObject({ label: 'run: one two three', kind: 'command' })
    expect(long.label).toBe(`run: ${'x'.repeat(120)}…`)
    expect((await tryOnce({}, { command: 'a\nb' })).requests[0]?.command).toBe('a\nb')

    function createProbe(command: string) {
      return createCommandProbe({
        command,
        env: {},
        fillIn: (text) => text,
        fields: [],
        timeoutMs: 1,
        signal: NEVER,
        redact: (text) => text,
        runCommand: () => Promise.reject(new Error('not to be run'))
      })
    }
  })
})

describe('command probe verdict', () => {
  it.each<readonly [string, Ending, Partial<ProbeEvidence>]>([
    ['with exit code 0', { exitCode: 0 }, { verdict: 'passed', detail: 'exit code 0' }],
    [
      'with exit code 0 and any output',
      { exitCode: 0, output: ' https://share.example/s/Zx7Qw9 \n', errors: 'token: abc' },
      { verdict: 'passed', detail: 'exit code 0' }
    ],
    [
      'with exit code 1',
      { exitCode: 1, output: 'no' },
      { verdict: 'forbidden', detail: 'exit code 1: stdout: no' }
    ],
    [
      'with exit code 1 and output on both streams',
      { exitCode: 1, output: 'a\nb\n', errors: 'c' },
      { verdict: 'forbidden', detail: 'exit code 1: stdout: a\nb stderr: c' }
    ],
    ['with exit code 1 and no output', { exitCode: 1 }, { verdict: 'forbidden', detail: 'exit code 1' }],
    [
      'with exit code 127',
      { exitCode: 127, errors: 'r2: not found' },
      {
        verdict: 'inconclusive',
        final: true,
        detail: 'a command was not found (exit code 127): stderr: r2: not found'
      }
    ],
    [
      'with exit code 126',
      { exitCode: 126 },
      { verdict: 'inconclusive', final: true, detail: 'a command cannot be run (exit code 126)' }
    ],
    [
      'at its timeout',
      { ending: { state: 'timed-out' }, output: 'half' },
      { verdict: 'inconclusive', detail: 'it did not end within 120 s: stdout: half' }
    ],
    [
      'before it started',
      { ending: { state: 'not-started', reason: 'spawn bash ENOENT' } },
      { verdict: 'inconclusive', final: true, detail: 'bash could not be started (spawn bash ENOENT)' }
    ],
    [
      'because the run is stopped',
      { ending: { state: 'cancelled' } },
      { verdict: 'inconclusive', detail: 'the run was cancelled' }
    ]
  ])('explains a command that ends %s', async (_how, result, expected) => {
    const { evidence } = await tryOnce(result)
    expect(evidence).toMatchObject({ label: 'run: ./check.sh', ...expected })
    if (evidence.verdict !== 'passed') expect(evidence.hint).toMatch(/command/)
    if (expected.final === true) expect(evidence.hint).toContain('install it in a step before this one')
  })

  it('never takes the end of a command as confirmation that a credential is revoked', async () => {
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

describe('command probe output', () => {
  it.each([0, 1])('masks the output of a command with exit code %i', async (exitCode) => {
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

  it('masks each output stream by itself, even if one continues where the other ends', async () => {
    const { evidence } = await tryOnce({ exitCode: 1, output: SECRET.slice(0, 12), errors: SECRET.slice(12) })
    expect(evidence.detail).toMatch(/^exit code 1: stdout: \*\*\* stderr: /)
  })

  it('shows nothing of a secret that the output limit of the command cut', async () => {
    const { evidence } = await tryOnce({ exitCode: 1, output: `x ${SECRET.slice(0, 11)}`, cut: true })
    expect(evidence.detail).not.toContain(SECRET.slice(0, 3))
  })

  it('keeps at most 4 KiB of both output streams together', async () => {
    const { evidence } = await tryOnce({ exitCode: 1, output: 'x'.repeat(9_000), errors: 'y'.repeat(9_000) })
    expect(evidence.detail.length).toBeLessThan(MAX_EVIDENCE + 150)
    expect(evidence.detail).toMatch(/x{2000}.*y{2000}/s)
  })

  it.each([3, 5, SECRET.length - 1])(
    'masks the output before it is cut, %i characters into a secret',
    async (before) => {
      const output = `${'x'.repeat(MAX_EVIDENCE - before)}${SECRET}${'y'.repeat(100)}`
      const { evidence } = await tryOnce({ exitCode: 1, output })
      expect(evidence.detail).not.toContain(SECRET.slice(0, before))
      expect(evidence.detail).toMatch(/^exit code 1: stdout: x+\*{1,3}/)
      expect(evidence.detail).toContain(`… (cut at ${MAX_EVIDENCE} characters)`)
    }
  )
})
