import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Stage } from './stage.ts'

const PAIR = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'] as const

describe('four rotations in a row of the built action', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.open()
  }, 60_000)
  afterAll(() => stage.close())

  it('each leave both destinations with a new PRIMARY and the previous one as SECONDARY, and no other token', async () => {
    const { tokens } = stage.sandbox.cloudflare
    for (let rotation = 1; rotation <= 4; rotation++) {
      const before = stage.slots().github
      const { main, failed } = await stage.run()
      expect(failed).toBe(false)
      expect(main.outputs).toMatchObject({ outcome: 'rotated', rotated: 'bootstrap', 'alert-url': '' })
      expect(main.log).not.toContain('Trying again')

      const { store, github } = stage.slots()
      expect(store).toEqual(github)
      for (const name of PAIR) {
        expect(before[`PRIMARY_${name}`]).toBeDefined()
        expect(github[`PRIMARY_${name}`]).not.toBe(before[`PRIMARY_${name}`])
        expect(github[`SECONDARY_${name}`]).toBe(before[`PRIMARY_${name}`])
        expect(tokens.works(github[`PRIMARY_${name}`]!)).toBe(true)
        expect(tokens.works(github[`SECONDARY_${name}`]!)).toBe(true)
      }
      const managed = stage.managed()
      const perCredential = Math.min(rotation, 2)
      expect(
        managed.filter((name) => name.startsWith('rotate/4b147bce/bootstrap/token-creation/'))
      ).toHaveLength(perCredential)
      expect(
        managed.filter((name) => name.startsWith('rotate/4b147bce/bootstrap/secret-edit/'))
      ).toHaveLength(perCredential)
      expect([...stage.account.namespace.keys]).toEqual([])
    }
    expect(stage.sandbox.cloudflare.tokens.existing.map(({ name }) => name)).not.toContainEqual(
      expect.stringContaining('created by hand')
    )
  }, 120_000)

  it('call GitHub as its OpenAPI description says', () => {
    stage.contract.assert()
    expect(stage.contract.operations.length).toBeGreaterThan(4)
  })

  it('show no value anywhere', () => {
    expect(stage.jobs).toHaveLength(4)
    expect(stage.leaks()).toEqual([])
  })
})
