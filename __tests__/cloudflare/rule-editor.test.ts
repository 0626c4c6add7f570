import { describe, expect, it } from '@jest/globals'
import { addToken, removeToken, type RuleTarget } from '../../src/cloudflare/access/access-rules.ts'
import { RuleEditor } from '../../src/cloudflare/access/rule-editor.ts'
import { RotationError } from '../../src/kernel/error.ts'
import { createRuleStore } from './rule-store.ts'

const token = (token_id: string) => ({ service_token: { token_id } })
const POLICY: RuleTarget = { kind: 'policy', id: 'p' }
const PATH = 'access/policies/p'
const policy = (...ids: readonly string[]) => ({ name: 'Machines', include: ids.map(token) })

const add = (present: string, added: string) => (body: Parameters<typeof addToken>[0]) =>
  addToken(body, { present, added })

describe('RuleEditor', () => {
  it('keeps all edits of one rule target that are made at once', async () => {
    const store = createRuleStore({ [PATH]: policy('a', 'b', 'c') })
    const editor = new RuleEditor(store.caller)
    expect(
      await Promise.all([
        editor.edit(POLICY, add('a', 'a2')),
        editor.edit({ ...POLICY }, add('b', 'b2')),
        editor.edit(POLICY, (body) => removeToken(body, 'c'))
      ])
    ).toEqual([true, true, true])
    expect(store.bodies.get(PATH)).toMatchObject(policy('a', 'a2', 'b', 'b2'))
    expect(store.requests).toEqual(Array.from({ length: 3 }, () => [`GET ${PATH}`, `PUT ${PATH}`]).flat())
  })

  it('loses an edit when two editors change one rule target at once, which one editor prevents', async () => {
    const bothRead = Promise.withResolvers<void>()
    let reads = 0
    const store = createRuleStore(
      { [PATH]: policy('a', 'b') },
      {
        before: async (method) => {
          if (method === 'GET' && ++reads === 2) bothRead.resolve()
          if (method === 'PUT') await bothRead.promise
        }
      }
    )
    await Promise.all([
      new RuleEditor(store.caller).edit(POLICY, add('a', 'a2')),
      new RuleEditor(store.caller).edit(POLICY, add('b', 'b2'))
    ])
    expect(store.bodies.get(PATH)?.['include']).toHaveLength(3)
  })

  it('continues after a failed edit, and fails only that one', async () => {
    let failures = 0
    const store = createRuleStore(
      { [PATH]: policy('a', 'b') },
      {
        before: (method) => {
          if (method === 'PUT' && failures++ === 0)
            throw new RotationError('permission', 'no', { effect: 'not-applied' })
        }
      }
    )
    const editor = new RuleEditor(store.caller)
    const [first, second] = await Promise.allSettled([
      editor.edit(POLICY, add('a', 'a2')),
      editor.edit(POLICY, add('b', 'b2'))
    ])
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'permission' } })
    expect(second).toEqual({ status: 'fulfilled', value: true })
    expect(store.bodies.get(PATH)).toMatchObject(policy('a', 'b', 'b2'))
    expect(await editor.edit(POLICY, add('a', 'a2'))).toBe(true)
  })

  it('writes nothing when a change throws, and continues with the next edit', async () => {
    const store = createRuleStore({ [PATH]: policy('a') })
    const editor = new RuleEditor(store.caller)
    const broken = editor.edit(POLICY, () => {
      throw new TypeError('a defect')
    })
    const next = editor.edit(POLICY, add('a', 'a2'))
    await expect(broken).rejects.toThrow('a defect')
    expect(await next).toBe(true)
    expect(store.writes).toHaveLength(1)
  })
})

it('edits different rule targets without waiting', async () => {
  const held = Promise.withResolvers<void>()
  const store = createRuleStore(
    { [PATH]: policy('a'), 'access/groups/p': policy('a'), 'access/apps/x/policies/p': policy('a') },
    { before: (_method, path) => (path === PATH ? held.promise : undefined) }
  )
  const editor = new RuleEditor(store.caller)
  const slow = editor.edit(POLICY, add('a', 'a2'))
  expect(await editor.edit({ kind: 'group', id: 'p' }, add('a', 'a2'))).toBe(true)
  const own: RuleTarget = { kind: 'application-policy', id: 'p', applicationId: 'x' }
  expect(await editor.edit(own, add('a', 'a2'))).toBe(true)
  held.resolve()
  expect(await slow).toBe(true)
})

describe('missing rule target', () => {
  it('skips a missing rule target with editIfThere, and fails with edit', async () => {
    const editor = new RuleEditor(createRuleStore({}).caller)
    expect(await editor.editIfThere(POLICY, add('a', 'a2'))).toBe(false)
    await expect(editor.edit(POLICY, add('a', 'a2'))).rejects.toMatchObject({ code: 'not-found' })
  })

  it('throws every other failure from editIfThere', async () => {
    const { caller } = createRuleStore(
      { [PATH]: policy('a') },
      {
        before: () => {
          throw new RotationError('unreachable', 'no')
        }
      }
    )
    await expect(new RuleEditor(caller).editIfThere(POLICY, add('a', 'a2'))).rejects.toMatchObject({
      code: 'unreachable'
    })
  })
})
