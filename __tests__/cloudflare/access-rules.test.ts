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
} from '../../src/cloudflare/access-rules.ts'
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

describe('a token is put beside another', () => {
  it('right behind it, with the order of everything else as it was', () => {
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

  it.each(['include', 'exclude'] as const)('in %s alone, where only that names it', (list) => {
    const others = { include: [EMAIL], exclude: [GROUP], require: [token('a')] }
    const before = rules({ ...others, [list]: [token('old')] })
    expect(admit(before)).toEqual({ ...before, [list]: [token('old'), token('new')] })
  })

  it('in every list that names it, but never in require, which demands all of its rules', () => {
    const both = [token('old'), token('new')]
    const one = [token('old')]
    expect(admit(rules({ include: one, exclude: one, require: one }))).toEqual(
      rules({ include: both, exclude: both, require: one })
    )
  })

  it('once, however often', () => {
    const once = admit(rules({ include: [token('old'), EMAIL], require: [token('old')] }))
    expect(admit(once)).toEqual(once)
    expect(admit(rules({ include: [token('new'), EMAIL, token('old')] })).include).toEqual([
      token('new'),
      EMAIL,
      token('old')
    ])
  })

  it('and in the lists that an earlier try has not reached', () => {
    const half = rules({ include: [token('old'), token('new')], exclude: [token('old')] })
    expect(admit(half).exclude).toEqual([token('old'), token('new')])
  })

  it.each([
    ['nobody', {}],
    ['no list at all', { include: null, exclude: undefined as never, require: null }],
    ['other tokens, people, groups, and any token', { include: [token('a'), EMAIL, GROUP, ANY_TOKEN] }],
    ['what only looks like it', { include: [{ service_token: 'old' }, { group: { token_id: 'old' } }] }],
    ['a rule without a shape', { include: [{ service_token: null }, { service_token: { token_id: 1 } }, {}] }]
  ])('not where the rules name %s', (_whom, lists) => {
    const before = rules(lists)
    expect(admit(before)).toEqual(before)
  })

  it('leaving what was given as it was', () => {
    const before = rules({ include: [token('old')] })
    const copy = structuredClone(before)
    admit(before)
    removeToken(before, 'old')
    expect(before).toEqual(copy)
  })
})

describe('a token is taken out', () => {
  it('of every list, and nothing else is', () => {
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

  it('once, however often, and where it is not named nothing changes', () => {
    const once = removeToken(rules({ include: [token('old'), EMAIL], require: null }), 'old')
    expect(removeToken(once, 'old')).toEqual(once)
    expect(once.require).toBeNull()
  })

  it('undoing what put it in', () => {
    const before = rules({ include: [EMAIL, token('old'), GROUP], exclude: [token('old')], require: [] })
    expect(removeToken(admit(before), 'new')).toEqual(before)
  })
})

describe('a token may leave a list', () => {
  const successors = new Set(['new', 'newer'])
  it.each(['include', 'exclude', 'require'] as const)(
    'only where a successor of it stands in the same %s',
    (list) => {
      const alone = rules({ include: [EMAIL], [list]: [EMAIL, token('old')] })
      expect(findRemovalObstacle(alone, 'old', successors)).toBe(list)
      const beside = rules({ include: [EMAIL], [list]: [token('old'), token('newer')] })
      expect(findRemovalObstacle(beside, 'old', successors)).toBeUndefined()
    }
  )

  it('where nothing names it', () => {
    expect(findRemovalObstacle(rules({ include: [EMAIL], require: null }), 'old', successors)).toBeUndefined()
  })
})

it('a rule requires a token that stands in require alone', () => {
  expect(requiresToken({ body: rules({ require: [token('old')] }) }, 'old')).toBe(true)
  expect(requiresToken({ body: rules({ include: [token('old')], require: [GROUP] }) }, 'old')).toBe(false)
})

it.each([
  [{ include: [token('old')] }, true],
  [{ exclude: [EMAIL, token('old')] }, true],
  [{ include: null, require: [token('old')] }, true],
  [{ include: [token('older'), ANY_TOKEN] }, false],
  [{}, false]
])('%j names the token: %p', (lists, named) => {
  expect(namesToken({ target: { kind: 'group', id: 'p' }, name: '', body: rules(lists) }, 'old')).toBe(named)
})

const TARGETS: readonly (readonly [string, RuleTarget])[] = [
  ['access/policies/p', { kind: 'policy', id: 'p' }],
  ['access/groups/p', { kind: 'group', id: 'p' }],
  ['access/apps/app/policies/p', { kind: 'application-policy', id: 'p', applicationId: 'app' }]
]

it('places are told apart', () => {
  expect(new Set(TARGETS.map(([, target]) => targetKey(target))).size).toBe(3)
  expect(new Set(TARGETS.map(([, target]) => describeTarget(target))).size).toBe(3)
})

describe.each(TARGETS)('an edit of %s', (path, target) => {
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

  it('writes back everything that can be written, and nothing else', async () => {
    const readOnly = { app_count: 2, reusable: true, account_id: 'a', something_new: [{ deep: null }] }
    const store = createRuleStore({ [path]: { ...stored, ...readOnly } })
    expect(await editRules(store.caller, target, admit)).toBe(true)
    expect(store.writes).toEqual([
      { path, body: { ...stored, include: [EMAIL, token('old'), token('new')] } }
    ])
    expect(store.requests).toEqual([`GET ${path}`, `PUT ${path}`])
  })

  it('writes nothing when nothing changes', async () => {
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
  ])('fails when the answer is not what was written: %s', async (_how, difference) => {
    const store = createRuleStore({ [path]: stored }, { answer: (body) => ({ ...body, ...difference }) })
    await expect(editRules(store.caller, target, admit)).rejects.toMatchObject({
      name: 'RotationError',
      code: 'not-confirmed',
      effect: 'unknown',
      message: expect.stringContaining(describeTarget(target)) as unknown,
      hint: expect.stringContaining('run again') as unknown
    })
  })

  it('takes rules in another order for the same set', async () => {
    const include = [token('new'), EMAIL, token('old')]
    const store = createRuleStore({ [path]: stored }, { answer: (body) => ({ ...body, include }) })
    expect(await editRules(store.caller, target, admit)).toBe(true)
  })

  it('takes an empty list for one that is not shown', async () => {
    const store = createRuleStore({ [path]: stored }, { answer: (body) => ({ ...body, exclude: undefined }) })
    expect(await editRules(store.caller, target, admit)).toBe(true)
  })

  it('that meets a body that is none writes nothing', async () => {
    const store = createRuleStore({ [path]: { ...stored, include: 'everybody' } })
    await expect(editRules(store.caller, target, admit)).rejects.toMatchObject({ code: 'bad-answer' })
    expect(store.writes).toEqual([])
  })
})

describe('whether rules may be edited is found out without editing', () => {
  const failing = (code: ErrorCode, effect: 'not-applied' | 'unknown' = 'not-applied') =>
    createRuleStore(
      {},
      {
        before: () => {
          throw new RotationError(code, 'no', { effect })
        }
      }
    )

  it.each(TARGETS)('at %s', async (path, target) => {
    const { caller, requests } = createRuleStore({})
    await expect(findEditRefusal(caller, target)).resolves.toBeUndefined()
    expect(requests).toEqual([`DELETE ${path.replace(/p$/, '00000000-0000-0000-0000-000000000000')}`])
  })

  it.each([
    ['permission', 'not-applied'],
    ['refused', 'not-applied'],
    ['intercepted', 'unknown'],
    ['unreachable', 'unknown']
  ] as const)('what speaks against it is answered, not thrown: %s', async (code, effect) => {
    const doubt = await findEditRefusal(failing(code, effect).caller, { kind: 'group', id: 'g' })
    expect(doubt).toMatchObject({ name: 'RotationError', code })
  })

  it.each(['not-found', 'bad-input'] as const)('any other refusal means that it may: %s', async (code) => {
    await expect(findEditRefusal(failing(code).caller, { kind: 'group', id: 'g' })).resolves.toBeUndefined()
  })

  it('a run that is cancelled ends it', async () => {
    await expect(
      findEditRefusal(failing('cancelled').caller, { kind: 'group', id: 'g' })
    ).rejects.toMatchObject({ code: 'cancelled' })
  })
})
