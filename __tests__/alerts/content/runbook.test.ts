import { describe, expect, it } from '@jest/globals'
import { formRunbookUrl } from '../../../src/alerts/content/runbook.ts'

const run = { runUrl: 'https://github.com/octo-org/ops/actions/runs/1', repository: 'octo-org/ops' }
const sha = '0123456789abcdef0123456789abcdef01234567'

describe('link to the runbook', () => {
  it.each([
    [
      'leads to the tag at which the action is used',
      { actionRepository: 'org/rotate-action', actionRef: 'v1' },
      'org/rotate-action/blob/v1'
    ],
    [
      'leads to the commit at which the action is used',
      { actionRepository: 'org/rotate-action', actionRef: sha },
      `org/rotate-action/blob/${sha}`
    ],
    [
      'escapes the characters of a branch that a URL cannot hold',
      { actionRepository: 'org/rotate-action', actionRef: 'feature/a#b?c d)' },
      'org/rotate-action/blob/feature/a%23b%3Fc%20d)'
    ],
    [
      'leads to HEAD when the runner states no ref',
      { actionRepository: 'org/rotate-action', actionRef: '' },
      'org/rotate-action/blob/HEAD'
    ],
    [
      'leads to the repository of the run when the action is a local one',
      { actionRepository: '', actionRef: '' },
      'octo-org/ops/blob/HEAD'
    ],
    ['leads to the repository of the run when the runner states no action', {}, 'octo-org/ops/blob/HEAD'],
    [
      'leads to the repository of the run when the runner states an invalid action',
      { actionRepository: '../x"><', actionRef: 'v1' },
      'octo-org/ops/blob/HEAD'
    ]
  ])('%s', (_title, action, path) => {
    expect(formRunbookUrl({ ...run, ...action })).toBe(`https://github.com/${path}/docs/runbook.md`)
  })

  it('leads to the server of the run', () => {
    const runUrl = 'https://github.example.com/octo-org/ops/actions/runs/1'
    expect(formRunbookUrl({ ...run, runUrl })).toBe(
      'https://github.example.com/octo-org/ops/blob/HEAD/docs/runbook.md'
    )
    expect(formRunbookUrl({ ...run, runUrl: 'x' })).toMatch(/^https:\/\/github\.com\//)
  })
})
