import { describe, expect, it } from '@jest/globals'
import { isSameName, parseRepository } from '../../src/kernel/repository.ts'

describe('parseRepository', () => {
  it('splits a repository into its owner and its name', () => {
    expect(parseRepository('octo-org/ops')).toEqual({ owner: 'octo-org', repo: 'ops' })
  })

  it('returns empty strings for a missing owner and name', () => {
    expect(parseRepository('')).toEqual({ owner: '', repo: '' })
  })
})

it('compares repository names without regard to case', () => {
  expect(isSameName('Octo-Org/OPS', 'octo-org/ops')).toBe(true)
  expect(isSameName('octo-org/ops', 'octo-org/ops2')).toBe(false)
})
