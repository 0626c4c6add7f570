import { describe, expect, it } from '@jest/globals'
import {
  createCommandProbe,
  type CommandProbeOptions,
  type CommandRequest,
  type CommandResult
} from '../../src/probes/command.ts'
import { MAX_EVIDENCE } from '../../src/probes/http.ts'
import type { FieldValues, ProbeEvidence } from '../../src/rotation/ports.ts'
import { SecretKeeper } from '../../src/rotation/secret.ts'

const ID = 'id-of-the-pair.access'
const SECRET = 'kQ9-secret-of-the-pair'
const NEVER = new AbortController().signal

/** Runs a probe once with a command that ends as told. */
async function tryOnce(
  result: Partial<CommandResult>,
  options: Partial<CommandProbeOptions> & { readonly values?: FieldValues } = {}
): Promise<{ evidence: ProbeEvidence; requests: readonly CommandRequest[] }> {
  const keeper = new SecretKeeper(() => undefined)
  const values: FieldValues = { 'client-id': keeper.hold(ID), 'client-secret': keeper.hold(SECRET) }
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
      return Promise.resolve({ exitCode: 0, output: '', timedOut: false, ...result })
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

  it('leaves out a value that there is not', async () => {
    const keeper = new SecretKeeper(() => undefined)
    const { requests } = await tryOnce({}, { values: { 'client-id': keeper.hold(ID) } })
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
  it.each<readonly [string, Partial<CommandResult>, Partial<ProbeEvidence>]>([
    ['well', { exitCode: 0 }, { verdict: 'passed', detail: 'exit code 0' }],
    [
      'well, with words',
      { exitCode: 0, output: ' fine\n' },
      { verdict: 'passed', detail: 'exit code 0: fine' }
    ],
    ['1', { exitCode: 1, output: 'no' }, { verdict: 'forbidden', detail: 'exit code 1: no' }],
    [
      '127',
      { exitCode: 127, output: 'not found' },
      { verdict: 'forbidden', detail: 'exit code 127: not found' }
    ],
    [
      'for its time',
      { exitCode: undefined, timedOut: true, output: 'half' },
      { verdict: 'inconclusive', detail: 'it did not end within 120 s: half' }
    ],
    [
      'before it began',
      { exitCode: undefined, output: 'ENOENT' },
      { detail: 'it could not be run to its end: ENOENT' }
    ]
  ])('%s', async (_how, result, expected) => {
    const { evidence } = await tryOnce(result)
    expect(evidence).toMatchObject({ label: 'run: ./check.sh', ...expected })
    if (evidence.verdict !== 'passed') expect(evidence.hint).toMatch(/command/)
  })

  it('is never proof that a credential is dead', async () => {
    for (const exitCode of [1, 2, 22, 127, 128, 137, 401 % 256, undefined]) {
      const { evidence } = await tryOnce({ exitCode, output: '401 access_required' })
      expect(evidence.verdict).not.toBe('unauthenticated')
      expect(evidence.final).not.toBe(true)
    }
  })
})

describe('the output of a command', () => {
  it.each([0, 1])('is masked, with exit code %i', async (exitCode) => {
    const { evidence } = await tryOnce({
      exitCode,
      output: `${SECRET} ${Buffer.from(SECRET).toString('hex')} said ${ID}`
    })
    expect(evidence.detail).toBe(`exit code ${exitCode}: *** *** said ***`)
  })

  it.each([3, 5, SECRET.length - 1])(
    'is masked before it is cut, %i characters into a secret',
    async (before) => {
      const output = `${'x'.repeat(MAX_EVIDENCE - before)}${SECRET}${'y'.repeat(100)}`
      const { evidence } = await tryOnce({ exitCode: 1, output })
      expect(evidence.detail).not.toContain(SECRET.slice(0, before))
      expect(evidence.detail).toMatch(/^exit code 1: x+\*{1,3}/)
      expect(evidence.detail).toContain(`… (cut at ${MAX_EVIDENCE} characters)`)
    }
  )
})
