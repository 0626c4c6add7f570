import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { announcePost, isPost } from '../../src/action/phase.ts'

const RUN = { GITHUB_RUN_ID: '4711', GITHUB_RUN_ATTEMPT: '2' }

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'phase-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
  jest.restoreAllMocks()
})

describe('the phase of a process', () => {
  it('is main without state', () => {
    expect(isPost(RUN)).toBe(false)
    expect(isPost({ ...RUN, STATE_isPost: '' })).toBe(false)
  })

  it('is post with the state that main of the same run saved', () => {
    expect(isPost({ ...RUN, STATE_isPost: '4711.2' })).toBe(true)
  })

  it.each(['true', '1', '4711', '4711.1', '.', 'undefined.undefined', '4711.2\n'])(
    'is main when main of this run did not save the state %j',
    (state) => {
      expect(isPost({ ...RUN, STATE_isPost: state })).toBe(false)
    }
  )

  it('is post on a runner that does not count attempts', () => {
    expect(isPost({ GITHUB_RUN_ID: '4711', STATE_isPost: '4711.' })).toBe(true)
  })
})

describe('the state that main saves for post', () => {
  it('is written to the state file of the runner', () => {
    const file = join(directory, 'state')
    announcePost({ ...RUN, GITHUB_STATE: file })
    announcePost({ ...RUN, GITHUB_STATE: file })
    expect(readFileSync(file, 'utf8')).toBe('isPost<<_\n4711.2\n_\n'.repeat(2))
  })

  it.each([undefined, '', '/nowhere/at-all'])(
    'is given to the runner as a command when the state file is %j',
    (file) => {
      const log = jest.spyOn(console, 'log').mockReturnValue()
      announcePost({ ...RUN, GITHUB_STATE: file })
      expect(log.mock.calls).toEqual([['::save-state name=isPost::4711.2']])
    }
  )
})
