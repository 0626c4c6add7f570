import { describe, expect, it } from '@jest/globals'
import {
  addToken,
  describeTarget,
  editRules,
  findEditRefusal,
  namesToken,
  targetKey,
  findRemovalObstacle,
  removeToken,
  requiresToken,
  type RuleTarget
} from '../../src/cloudflare/access/access-rules.ts'
import type { RuleSetAnswer } from '../../src/cloudflare/answers.ts'
import { RotationError, type ErrorCode } from '../../src/kernel/error.ts'
import { createRuleStore } from './rule-store.ts'

const token = (token_id: string) => ({ service_token: { token_id } })
const EMAIL = { email: { email: 'someone@example.com' } }
const ANY_TOKEN = { any_valid_service_token: {} }
const GROUP = { group: { id: 'g' } }

const rules = (lists: Partial<Pick<RuleSetAnswer, 'include' | 'exclude' | 'require'>>): RuleSetAnswer => ({
  id: 'p',
  name: 'policy',
  decision: 'non_identity',
  ...lists
})
const admit = (body: RuleSetAnswer): RuleSetAnswer => addToken(body, { present: 'old', added: 'new' })

describe('addToken', () => {
  it('adds a token directly behind the present one, and keeps the order of all other rules', () => {
    const include = [EMAIL, token('a'), token('old'), ANY_TOKEN, token('b'), GROUP]
    expect(admit(rules({ include })).include).toEqual([
      EMAIL,
      token('a'),
      token('old'),
      token('new'),
      ANY_TOKEN,
      token('b'),
      GROUP
    ])
  })

  it.each(['include', 'exclude'] as const)(
    'adds a token to %s alone when only that list names the present one',
    (list) => {
      const others = { include: [EMAIL], exclude: [GROUP], require: [token('a')] }
      const before = rules({ ...others, [list]: [token('old')] })
      expect(admit(before)).toEqual({ ...before, [list]: [token('old'), token('new')] })
    }
  )

  it('adds a token to every list that names the present one, except require, which demands all rules', () => {
    const both = [token('old'), token('new')]
    const one = [token('old')]
    expect(admit(rules({ include: one, exclude: one, require: one }))).toEqual(
      rules({ include: both, exclude: both, require: one })
    )
  })

  it('adds a token only once', () => {
    const once = admit(rules({ include: [token('old'), EMAIL], require: [token('old')] }))
    expect(admit(once)).toEqual(once)
    expect(admit(rules({ include: [token('new'), EMAIL, token('old')] })).include).toEqual([
      token('new'),
      EMAIL,
      token('old')
    ])
  })

  it('adds a token to the lists that an earlier try did not reach', () => {
    const half = rules({ include: [token('old'), token('new')], exclude: [token('old')] })
    expect(admit(half).exclude).toEqual([token('old'), token('new')])
  })

  it.each([
    ['no lists', {}],
    ['null lists', { include: null, exclude: undefined as never, require: null }],
    ['only other tokens, people, groups and any token', { include: [token('a'), EMAIL, GROUP, ANY_TOKEN] }],
    ['only similar rules', { include: [{ service_token: 'old' }, { group: { token_id: 'old' } }] }],
    ['malformed rules', { include: [{ service_token: null }, { service_token: { token_id: 1 } }, {}] }]
  ])('adds no token to a rule set with %s', (_whom, lists) => {
    const before = rules(lists)
    expect(admit(before)).toEqual(before)
  })

  it('does not modify the rule set that it is given', () => {
    const before = rules({ include: [token('old')] })
    const copy = structuredClone(before)
    admit(before)
    removeToken(before, 'old')
    expect(before).toEqual(copy)
  })
})

describe('removeToken', () => {
  it('removes a token from every list, and nothing else', () => {
    expect(
      removeToken(
        rules({
          include: [EMAIL, token('old'), token('new'), GROUP],
          exclude: [token('old')],
          require: [ANY_TOKEN, token('old'), token('old')]
        }),
        'old'
      )
    ).toEqual(rules({ include: [EMAIL, token('new'), GROUP], exclude: [], require: [ANY_TOKEN] }))
  })

  it('changes nothing when it removes a token that no list names', () => {
    const once = removeToken(rules({ include: [token('old'), EMAIL], require: null }), 'old')
    expect(removeToken(once, 'old')).toEqual(once)
    expect(once.require).toBeNull()
  })

  it('restores the rule set that addToken changed', () => {
    const before = rules({ include: [EMAIL, token('old'), GROUP], exclude: [token('old')], require: [] })
    expect(removeToken(admit(before), 'new')).toEqual(before)
  })
})

describe('findRemovalObstacle', () => {
  const successors = new Set(['new', 'newer'])
  it.each(['include', 'exclude', 'require'] as const)(
    'allows the removal from %s only when a successor is in the same list',
    (list) => {
      const alone = rules({ include: [EMAIL], [list]: [EMAIL, token('old')] })
      expect(findRemovalObstacle(alone, 'old', successors)).toBe(list)
      const beside = rules({ include: [EMAIL], [list]: [token('old'), token('newer')] })
      expect(findRemovalObstacle(beside, 'old', successors)).toBeUndefined()
    }
  )

  it('finds no obstacle when no list names the token', () => {
    expect(findRemovalObstacle(rules({ include: [EMAIL], require: null }), 'old', successors)).toBeUndefined()
  })
})

it('reports a token as required only when the require list names it', () => {
  expect(requiresToken({ body: rules({ require: [token('old')] }) }, 'old')).toBe(true)
  expect(requiresToken({ body: rules({ include: [token('old')], require: [GROUP] }) }, 'old')).toBe(false)
})

it.each([
  [{ include: [token('old')] }, true],
  [{ exclude: [EMAIL, token('old')] }, true],
  [{ include: null, require: [token('old')] }, true],
  [{ include: [token('older'), ANY_TOKEN] }, false],
  [{}, false]
])('reports for the rules %j that they name the token: %p', (lists, named) => {
  expect(namesToken({ target: { kind: 'group', id: 'p' }, name: '', body: rules(lists) }, 'old')).toBe(named)
})

const TARGETS: readonly (readonly [string, RuleTarget])[] = [
  ['access/policies/p', { kind: 'policy', id: 'p' }],
  ['access/groups/p', { kind: 'group', id: 'p' }],
  ['access/apps/app/policies/p', { kind: 'application-policy', id: 'p', applicationId: 'app' }]
]

it('gives each rule target its own key and description', () => {
  expect(new Set(TARGETS.map(([, target]) => targetKey(target))).size).toBe(3)
  expect(new Set(TARGETS.map(([, target]) => describeTarget(target))).size).toBe(3)
})

describe.each(TARGETS)('edit of %s', (path, target) => {
  const stored = {
    name: 'Machines',
    include: [EMAIL, token('old')],
    exclude: [],
    require: [GROUP],
    ...(target.kind === 'group'
      ? { is_default: true }
      : {
          decision: 'non_identity',
          session_duration: '24h',
          approval_required: false,
          approval_groups: [{ approvals_needed: 1 }],
          connection_rules: { rdp: {} },
          isolation_required: true,
          mfa_config: { mfa_disabled: true },
          purpose_justification_prompt: 'Why?',
          purpose_justification_required: true
        }),
    ...(target.kind === 'application-policy' ? { precedence: 3 } : {})
  }

  it('writes back every writable field of a rule set, and nothing else', async () => {
    const readOnly = { app_count: 2, reusable: true, account_id: 'a', something_new: [{ deep: null }] }
    const store = createRuleStore({ [path]: { ...stored, ...readOnly } })
    expect(await editRules(store.caller, target, admit)).toBe(true)
    expect(store.writes).toEqual([
      { path, body: { ...stored, include: [EMAIL, token('old'), token('new')] } }
    ])
    expect(store.requests).toEqual([`GET ${path}`, `PUT ${path}`])
  })

  it('writes nothing when the edit changes nothing', async () => {
    const store = createRuleStore({ [path]: stored })
    expect(await editRules(store.caller, target, (body) => removeToken(body, 'new'))).toBe(false)
    expect(await editRules(store.caller, target, (body) => body)).toBe(false)
    expect(store.writes).toEqual([])
  })

  it.each([
    ['the token is missing', { include: [EMAIL, token('old')] }],
    ['a rule is there twice', { include: [EMAIL, token('old'), token('new'), token('new')] }],
    ['a rule has other fields', { include: [{ email: { email: 'a' } }, token('old'), token('new')] }],
    ['another list has changed', { exclude: [EMAIL] }],
    ['a list is gone', { require: null }]
  ])('fails with not-confirmed when the answer differs from the edit: %s', async (_how, difference) => {
    const store = createRuleStore({ [path]: stored }, { answer: (body) => ({ ...body, ...difference }) })
    await expect(editRules(store.caller, target, admit)).rejects.toMatchObject({
      name: 'RotationError',
      code: 'not-confirmed',
      effect: 'unknown',
      message: expect.stringContaining(describeTarget(target)) as unknown,
      hint: expect.stringContaining('run again') as unknown
    })
  })

  it('accepts an answer with the rules in another order', async () => {
    const include = [token('new'), EMAIL, token('old')]
    const store = createRuleStore({ [path]: stored }, { answer: (body) => ({ ...body, include }) })
    expect(await editRules(store.caller, target, admit)).toBe(true)
  })

  it('accepts an answer that omits an empty list', async () => {
    const store = createRuleStore({ [path]: stored }, { answer: (body) => ({ ...body, exclude: undefined }) })
    expect(await editRules(store.caller, target, admit)).toBe(true)
  })

  it('writes nothing when the rule set is malformed', async () => {
    const store = createRuleStore({ [path]: { ...stored, include: 'everyone' } })
    await expect(editRules(store.caller, target, admit)).rejects.toMatchObject({ code: 'bad-answer' })
    expect(store.writes).toEqual([])
  })
})

describe('findEditRefusal', () => {
  const failing = (code: ErrorCode, effect: 'not-applied' | 'unknown' = 'not-applied') =>
    createRuleStore(
      {},
      {
        before: () => {
          throw new RotationError(code, 'no', { effect })
        }
      }
    )

  it.each(TARGETS)(
    'checks the permission to edit %s with a DELETE of an unknown id',
    async (path, target) => {
      const { caller, requests } = createRuleStore({})
      await expect(findEditRefusal(caller, target)).resolves.toBeUndefined()
      expect(requests).toEqual([`DELETE ${path.replace(/p$/, '00000000-0000-0000-0000-000000000000')}`])
    }
  )

  it.each([
    ['permission', 'not-applied'],
    ['refused', 'not-applied'],
    ['intercepted', 'unknown'],
    ['unreachable', 'unknown']
  ] as const)('returns a refused edit instead of throwing it: %s', async (code, effect) => {
    const refusal = await findEditRefusal(failing(code, effect).caller, { kind: 'group', id: 'g' })
    expect(refusal).toMatchObject({ name: 'RotationError', code })
  })

  it.each(['not-found', 'bad-input'] as const)(
    'takes any other refusal as permission to edit: %s',
    async (code) => {
      await expect(findEditRefusal(failing(code).caller, { kind: 'group', id: 'g' })).resolves.toBeUndefined()
    }
  )

  it('throws when the run is cancelled during the check', async () => {
    await expect(
      findEditRefusal(failing('cancelled').caller, { kind: 'group', id: 'g' })
    ).rejects.toMatchObject({ code: 'cancelled' })
  })
})
