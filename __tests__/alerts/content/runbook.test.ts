import { describe, expect, it } from '@jest/globals'
import { formRunbookUrl } from '../../../src/alerts/content/runbook.ts'

const run = { runUrl: 'https://github.com/octo-org/ops/actions/runs/1', repository: 'octo-org/ops' }
const sha = '0123456789abcdef0123456789abcdef01234567'

describe('the link to the runbook', () => {
  it.each([
    [
      'of the action at its tag',
      { actionRepository: 'org/rotate-action', actionRef: 'v1' },
      'org/rotate-action/blob/v1'
    ],
    [
      'at its commit',
      { actionRepository: 'org/rotate-action', actionRef: sha },
      `org/rotate-action/blob/${sha}`
    ],
    [
      'at a branch with odd characters',
      { actionRepository: 'org/rotate-action', actionRef: 'feature/a#b?c d)' },
      'org/rotate-action/blob/feature/a%23b%3Fc%20d)'
    ],
    [
      'without a ref',
      { actionRepository: 'org/rotate-action', actionRef: '' },
      'org/rotate-action/blob/HEAD'
    ],
    ['of a local action', { actionRepository: '', actionRef: '' }, 'octo-org/ops/blob/HEAD'],
    ['where the runner says nothing', {}, 'octo-org/ops/blob/HEAD'],
    [
      'where the runner says nonsense',
      { actionRepository: '../x"><', actionRef: 'v1' },
      'octo-org/ops/blob/HEAD'
    ]
  ])('%s', (_what, action, path) => {
    expect(formRunbookUrl({ ...run, ...action })).toBe(`https://github.com/${path}/docs/runbook.md`)
  })

  it('is at the server of the run', () => {
    const runUrl = 'https://github.example.com/octo-org/ops/actions/runs/1'
    expect(formRunbookUrl({ ...run, runUrl })).toBe(
      'https://github.example.com/octo-org/ops/blob/HEAD/docs/runbook.md'
    )
    expect(formRunbookUrl({ ...run, runUrl: 'x' })).toMatch(/^https:\/\/github\.com\//)
  })
})
