import { expect, it } from '@jest/globals'
import { runMutant, type Mutant } from './mutants.ts'

const PUT_SECRET = /^PUT \/repos\/.*\/secrets\/:secret_name$/

const MUTANTS: readonly Mutant[] = [
  {
    name: 'stage writes nothing',
    file: 'src/rotation/apply/apply.ts',
    from: "context.contain || serving.slot === 'none' || !hasTwoSlots(credential)",
    to: 'true || context.contain || !hasTwoSlots(credential)',
    trials: [{ kind: 'pair-later', operation: PUT_SECRET, faults: ['error-once'] }],
    breaks: ['I2', 'I3']
  },
  {
    name: 'promote forgets a destination',
    file: 'src/rotation/apply/write.ts',
    from: 'only === undefined || only(destination, secret)',
    to: "purpose !== 'promote' || destination === rotation.destinations[0]",
    trials: [
      { kind: 'single-first', operation: /^POST .*stores\/:store_id\/secrets$/, faults: ['error-once'] }
    ],
    breaks: ['I1', 'I2']
  },
  {
    name: 'revoke takes what a slot holds',
    file: 'src/rotation/plan/plan.ts',
    from: "serving.slot !== 'none' && hasTwoSlots(credential) ? [serving.id] : []",
    to: '[]',
    trials: [{ kind: 'pair-later', operation: PUT_SECRET, faults: ['error-once'] }],
    breaks: ['I2']
  },
  {
    name: 'undo deletes the new ones without putting the old ones back',
    file: 'src/rotation/apply/undo.ts',
    from: 'const restored = await restorePrimary(context, log, plans)',
    to: 'const restored = true',
    trials: [{ kind: 'pair-later', operation: PUT_SECRET, faults: ['refused-for-good', 'lost-for-good'] }],
    breaks: ['I2']
  },
  {
    name: 'what PRIMARY may hold is revoked although it could not be read',
    file: 'src/rotation/plan/plan.ts',
    from: 'const unread = findHeldUnread(input, observed)',
    to: 'const unread = new Map<string, Slot>()',
    trials: [{ kind: 'pair-later', operation: /tokens\/verify$/, faults: ['invalid-for-good'] }],
    breaks: ['I7']
  },
  {
    name: 'one refusal is a verdict, whatever the list says',
    file: 'src/rotation/plan/verdict.ts',
    from: "if (reading?.state !== 'refused' && reading?.state !== 'unreadable' && reading?.state !== 'rejected')",
    to: "if (reading?.state !== 'unreadable')",
    trials: [{ kind: 'pair-later', operation: /tokens\/verify$/, faults: ['invalid-for-good'] }],
    breaks: ['I7']
  },
  {
    name: 'what belongs to another home is taken for an orphan',
    file: 'src/compose/home.ts',
    from: 'own: new Set([id, ...others.map(toHomeId)])',
    to: 'own: Object.assign(new Set([id, ...others.map(toHomeId)]), { has: () => true })',
    trials: [{ kind: 'pair-among-others', operation: /tokens\/verify$/, faults: ['error-once'] }],
    breaks: ['I2']
  },
  {
    name: 'a name is believed whatever Cloudflare says of its object',
    file: 'src/rotation/model/managed-name.ts',
    from: 'Math.abs(managed.stampedAt - madeAt) <= STAMP_TOLERANCE_MS ? managed : undefined',
    to: 'managed',
    trials: [{ kind: 'pair-among-others', operation: /tokens\/verify$/, faults: ['error-once'] }],
    breaks: ['I2']
  },
  {
    name: 'the client IP filter is not copied',
    file: 'src/credentials/api-token/token-permissions.ts',
    from: 'condition: writableCondition(condition)',
    to: 'condition: undefined',
    trials: [{ kind: 'pair-among-others', operation: /tokens\/verify$/, faults: ['error-once'] }],
    breaks: ['I8']
  },
  {
    name: 'the lock is claimed from whoever holds it',
    file: 'src/locks/d1-lock.ts',
    from: 'WHERE rotate_locks.expires_at <= unixepoch() OR',
    to: 'WHERE TRUE OR',
    trials: [{ ids: Array.from({ length: 20 }, (_, at) => `concurrent:${at + 1}:d1`) }],
    breaks: ['I6', 'I1']
  }
]

it.each(MUTANTS)(
  'detects the mutant $name, and accepts the unchanged code',
  async ({ name, trials, breaks, ...mutation }) => {
    const mutated = await runMutant(name, { mutation, trials })
    expect(mutated.invariants.filter((one) => breaks.includes(one))).not.toEqual([])
    const healthy = await runMutant(`${name} not`, {
      trials: trials.map((one) => ('ids' in one ? { ids: one.ids.slice(0, mutated.trials) } : one))
    })
    expect(healthy.invariants).toEqual([])
  },
  120_000
)
