import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { recordOf, typeCommand } from './shell.ts'
import { Stage } from './stage.ts'

const NAMES = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN']

let stage: Stage
beforeEach(async () => {
  stage = await Stage.open()
  // Both slots hold managed tokens, made by the action.
  await stage.run()
  await stage.run()
})
afterEach(() => stage.close())

const type = (command: string) => typeCommand(stage, command.split(' '), { env: stage.environment() })

/** Values by slot and name that do not work, of those that GitHub holds. */
function deadAtGithub(): readonly string[] {
  const { tokens } = stage.sandbox.cloudflare
  return Object.entries(stage.slots().github).flatMap(([name, value]) => (tokens.works(value) ? [] : [name]))
}

describe('the command line while GitHub is down', () => {
  it('rotates everything else without a call to GitHub, revokes nothing that GitHub holds, and the next run repairs it', async () => {
    const held = stage.slots().github
    const calls = stage.sandbox.transcript.length
    const result = await type('rotate --force --without github --json')
    const { outcome, rotations }: RunRecord = recordOf(result)
    expect({ exitCode: result.exitCode, outcome }).toEqual({ exitCode: 0, outcome: 'rotated' })
    const called = stage.sandbox.transcript.since(calls).map(({ path }) => path)
    expect(called.filter((path) => path.startsWith('/repos/'))).toEqual([])

    const { store, github } = stage.slots()
    expect(github).toEqual(held)
    expect(deadAtGithub()).toEqual([])
    for (const name of NAMES) {
      expect(store[`PRIMARY_${name}`]).not.toBe(held[`PRIMARY_${name}`])
      expect(store[`SECONDARY_${name}`]).toBe(held[`PRIMARY_${name}`])
    }
    const kept = rotations.flatMap(({ credentials }) => credentials.flatMap((one) => one.kept))
    expect(kept).toHaveLength(2)
    for (const { reason } of kept)
      expect(reason).toContain(
        'left out GitHub secrets of octo-org/ops, environment rotation, which may hold it'
      )

    const next = await stage.run()
    expect(next.main.outputs['outcome']).toBe('rotated')
    expect(stage.slots().github).toEqual(stage.slots().store)
    expect(deadAtGithub()).toEqual([])
    const { tokens } = stage.sandbox.cloudflare
    const inSlots = new Set(
      Object.values(stage.slots().github).map((value) => tokens.findByValue(value)?.name)
    )
    const others = stage.managed().filter((name) => !inSlots.has(name))
    // GitHub does not know whether the command is still running, until the time of its lock is over.
    expect(others).toEqual([expect.stringMatching(/Z-0\d{10}\.1$/), expect.stringMatching(/Z-0\d{10}\.1$/)])
    expect(next.main.outputs['record']).toMatch(/run 0\d{10} created it at \S+ and may still be running/)
  }, 60_000)

  it('refuses to contain what GitHub holds, and a rotation that is written to GitHub only', async () => {
    const contain = await type('contain --without github')
    expect(contain.exitCode).toBe(2)
    expect(contain.stderr).toContain('bootstrap needs GitHub: GitHub would still hold what `contain` revokes')
    const files = {
      '.github/rotation.yml': BOOTSTRAP.replace(/ {6}- type: secrets-store\n.*\n| {8}verify:\n.*\n/g, '')
    }
    const only = await typeCommand(stage, ['rotate', '--without', 'github'], {
      env: stage.environment(),
      files
    })
    expect(only.exitCode).toBe(2)
    expect(only.stderr).toContain(
      'bootstrap needs GitHub: PRIMARY_TOKEN_CREATION_TOKEN is written to GitHub only.'
    )
    expect(deadAtGithub()).toEqual([])
  }, 60_000)
})
