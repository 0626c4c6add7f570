import { describe, expect, it } from '@jest/globals'
import { nameOf } from '../../src/cli/init/blueprint.ts'

const VARIABLES = [
  'PRIMARY_TOKEN_CREATION_TOKEN',
  'PRIMARY_SECRET_EDIT_TOKEN',
  'PRIMARY_DEPLOY_TOKEN',
  'service'
]

describe('nameOf', () => {
  it('names the repository and the variable', () => {
    expect(nameOf('octo-org/ops', 'PRIMARY_DEPLOY_TOKEN')).toBe(
      'rotate-action init octo-org/ops PRIMARY_DEPLOY_TOKEN'
    )
  })

  it('gives every variable of every repository a name of its own, of at most 120 characters', () => {
    const repositories = [60, 71, 72, 73, 91, 92, 140].flatMap((length) => [
      'octo-org/'.padEnd(length, 'x'),
      'octo-org/'.padEnd(length - 1, 'x') + 'y'
    ])
    const names = repositories.flatMap((repository) => VARIABLES.map((one) => nameOf(repository, one)))
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => name.length > 120)).toEqual([])
    expect(names.filter((name) => !VARIABLES.some((one) => name.endsWith(` ${one}`)))).toEqual([])
  })
})
