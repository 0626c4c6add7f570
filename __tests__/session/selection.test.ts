import { describe, expect, it } from '@jest/globals'
import { parseConfiguration } from '../../src/compose/configuration.ts'
import type { Command } from '../../src/session/command.ts'
import { requireRotation } from '../../src/session/selection.ts'
import { BOOTSTRAP } from '../../sandbox/configurations.ts'

const WATCH = parseConfiguration(
  'version: 1\naccount-id: 023e105f4ecef8ad9ca31a8372d0c353\nwatch: [{ name: a, token: A }]\n',
  'x'
)

describe('a configuration that only watches', () => {
  it.each<[Command, string]>([
    ['contain', 'command: there is no rotation to contain.'],
    ['rollback', 'command: there is no rotation to roll back.']
  ])('refuses the command %s', (command, message) => {
    expect(() => requireRotation(WATCH, command)).toThrow(message)
    expect(() => requireRotation(parseConfiguration(BOOTSTRAP, 'x'), command)).not.toThrow()
  })

  it.each<Command>(['rotate', 'plan', 'check'])('is taken by the command %s', (command) => {
    expect(() => requireRotation(WATCH, command)).not.toThrow()
  })
})
