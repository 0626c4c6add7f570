import { describe, expect, it } from '@jest/globals'
import { describeMissing } from '../../src/kernel/environment.ts'
import { describeForgotten, findingFor } from '../../src/session/unseen-secondary.ts'
import { forShell } from '../../src/cli/wording.ts'

describe('forShell', () => {
  it.each([
    [
      describeMissing('TOKEN_A'),
      'the environment variable TOKEN_A is not set or empty: set it in the environment or in the file of --env-file'
    ],
    [
      describeForgotten('SECONDARY_A'),
      'A destination holds SECONDARY_A, but the command is not given it, so the run ignores what it holds. Set SECONDARY_A in the environment or in the file of --env-file.'
    ],
    [findingFor('SECONDARY_A').action, 'Set SECONDARY_A in the environment or in the file of --env-file.'],
    [
      'Run `command: contain` again when that run has ended.',
      'Run `rotate-action contain` again when that run has ended.'
    ],
    [
      'Rotate instead: `command: rotate` with `force: true` creates a new one.',
      'Rotate instead: `rotate-action rotate --force` creates a new one.'
    ],
    [
      'Give the job `permissions: issues: write`, or a github-token.',
      'Give the token the permission issues: write, or a GITHUB_TOKEN.'
    ],
    ['Check the network of the runner.', 'Check the network of this machine.']
  ])('says %j for a shell', (message, said) => {
    expect(forShell(message)).toBe(said)
  })
})
