import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRunCommand } from '../../../src/process/run-command.ts'
import { DestinationCommands } from '../../../src/destinations/command/command-call.ts'
import { fingerprintOf, parseFingerprints } from '../../../src/destinations/command/fingerprint.ts'
import { createTurns } from '../../../src/destinations/command/turns.ts'
import type { CommandRequest, CommandResult } from '../../../src/kernel/command.ts'
import type { RotationError } from '../../../src/kernel/error.ts'
import { Secret, SecretRegistry } from '../../../src/kernel/secret.ts'

const HEX = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const VALUE = 'kQ9-value-of-a-secret-0123456789'

describe('fingerprint', () => {
  it('is the SHA-256 of the name, an equals sign and the value', () => {
    // printf '%s=%s' NAME value | sha256sum
    expect(fingerprintOf('NAME', new Secret('value'))).toBe(
      'fde5a6af544850d68d80b94651a31b1743ed17e0dcd4cf298765bbb9e4fffd0e'
    )
  })

  it.each([
    ['a line of two words', `NAME ${HEX}\n`, { NAME: HEX }],
    ['the output of sha256sum', `NAME ${HEX}  -\r\nTWO ${OTHER} *-\n`, { NAME: HEX, TWO: OTHER }],
    ['a name with spaces, and upper case', `my name ${HEX.toUpperCase()}`, { 'my name': HEX }],
    ['the same line twice, and blank lines', `\nNAME ${HEX}\n\nNAME ${HEX}\n`, { NAME: HEX }],
    ['nothing', '', {}]
  ])('is read from %s', (_what, output, found) => {
    expect(Object.fromEntries(parseFingerprints(output) ?? [['', '']])).toEqual(found)
  })

  it.each([
    ['a name alone', 'NAME\n'],
    ['a value', `NAME ${VALUE}\n`],
    ['two fingerprints of one name', `NAME ${HEX}\nNAME ${OTHER}\n`],
    ['text around it', `NAME ${HEX} ok\n`]
  ])('is not read from %s', (_what, output) => {
    expect(parseFingerprints(output)).toBeUndefined()
  })
})

describe('commands of a destination', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'commands-'))
    writeFileSync(join(folder, 'runs.sh'), '#!/usr/bin/env bash\nno-such-program-at-all\n', { mode: 0o755 })
    writeFileSync(join(folder, 'plain.sh'), '#!/usr/bin/env bash\n', { mode: 0o644 })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function commands(runCommand = createRunCommand(process.env)): DestinationCommands {
    const secrets = new SecretRegistry(() => undefined)
    secrets.register(VALUE)
    return new DestinationCommands({
      ...{ env: {}, runCommand, forced: new AbortController().signal, inTurn: createTurns() },
      redact: (text) => secrets.redact(text)
    })
  }

  const failureOf = async (command: string, given = commands()): Promise<RotationError> =>
    await given.run({ key: 'write', command, input: { secrets: { NAME: VALUE } } }).then(
      () => {
        throw new Error('it did not fail')
      },
      (thrown: RotationError) => thrown
    )

  it.each(['missing.sh', 'plain.sh'])('certainly did nothing when %s is not an executable', async (file) => {
    const command = join(folder, file)
    expect(await failureOf(command)).toMatchObject({ code: 'command-failed', effect: 'not-applied' })
    await expect(commands().require({ key: 'write', command })).rejects.toThrow('there is no executable')
  })

  it('may have stored something when a program within a command is missing', async () => {
    const command = join(folder, 'runs.sh')
    await commands().require({ key: 'write', command })
    const error = await failureOf(command)
    expect(error).toMatchObject({ effect: 'unknown' })
    expect(error.message).toMatch(/exit code 127: .*no-such-program-at-all: command not found/)
    expect(await failureOf('true && exit 126')).toMatchObject({ effect: 'unknown' })
  })

  it('shows the last line of the errors without the value, however a command prints its input', async () => {
    const prints = [
      'cat >&2; exit 1',
      'base64 -w0 >&2; exit 1',
      'xxd -p >&2 || od -An -tx1 >&2; exit 1',
      'echo first >&2; cat; cat >&2; echo >&2; exit 1'
    ]
    for (const command of prints) {
      const { message } = await failureOf(command)
      expect(message).toContain('exit code 1')
      expect(message).not.toContain(VALUE)
      expect(message).not.toContain(VALUE.slice(0, 12))
      expect(message).not.toContain(Buffer.from(VALUE).toString('base64').slice(0, 16))
    }
  })

  it('shows no fingerprint and no control character, and cuts what is long', async () => {
    const traced = await failureOf(`echo "+ NAME ${HEX}" >&2; exit 1`)
    expect(traced.message).toBe('`write` ended with exit code 1: + NAME ***.')
    const escaped = await failureOf(`printf 'a\\033[31mb\\n' >&2; exit 1`)
    expect(escaped.message).toBe('`write` ended with exit code 1: a [31mb.')
    const long = await failureOf(`printf 'x%.0s' {1..5000} >&2; exit 1`)
    expect(long.message.length).toBeLessThan(400)
  })

  it('get the input alone on their standard input, and no value in their arguments or environment', async () => {
    const requests: CommandRequest[] = []
    const done: CommandResult = {
      ending: { state: 'exited', exitCode: 0 },
      stdout: { text: '', cut: false },
      stderr: { text: '', cut: false }
    }
    const recorded = commands((request) => {
      requests.push(request)
      return Promise.resolve(done)
    })
    await recorded.run({ key: 'write', command: './put', input: { secrets: { NAME: VALUE } } })
    const [{ stdin, ...others }] = requests as [CommandRequest]
    expect(JSON.parse(stdin ?? '')).toEqual({ secrets: { NAME: VALUE } })
    expect(JSON.stringify(others)).not.toContain(VALUE)
  })

  it('run one after the other', async () => {
    const inTurn = createTurns()
    const events: string[] = []
    const task = async (name: string): Promise<void> => {
      events.push(`${name} begins`)
      await new Promise(setImmediate)
      events.push(`${name} ends`)
      if (name === 'one') throw new Error('one fails')
    }
    const results = await Promise.allSettled([inTurn(() => task('one')), inTurn(() => task('two'))])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(events).toEqual(['one begins', 'one ends', 'two begins', 'two ends'])
  })
})
