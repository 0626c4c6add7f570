import { describe, expect, it } from '@jest/globals'
import { isSameName, parseRepository } from '../../src/kernel/repository.ts'

describe('parseRepository', () => {
  it('splits owner and name', () => {
    expect(parseRepository('octo-org/ops')).toEqual({ owner: 'octo-org', repo: 'ops' })
  })

  it('answers empty texts for what is missing', () => {
    expect(parseRepository('')).toEqual({ owner: '', repo: '' })
  })
})

it('isSameName compares without regard to case', () => {
  expect(isSameName('Octo-Org/OPS', 'octo-org/ops')).toBe(true)
  expect(isSameName('octo-org/ops', 'octo-org/ops2')).toBe(false)
})
