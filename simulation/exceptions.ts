import type { Violation } from './invariants.ts'

/** Facts about a trial that decide whether an exception applies. */
export interface TrialFacts {
  readonly kind: string
  /** Of an exhaustive trial: the fault, and the operation of the call that it hits. */
  readonly fault?: string
  readonly operation?: string
}

/** Case in which an invariant cannot hold, with its reason. */
export interface Exception {
  readonly id: string
  /**
   * Where it must occur: in the exhaustive matrix, or in the trial with that id. One that does not occur is an error: its reason no longer exists, or
   * its description is too wide.
   */
  readonly metBy: 'exhaustive' | `concurrent:${number}` | `concurrent:${number}:none`
  /** Names of kinds; those of concurrent trials end with the lock. */
  readonly kinds: RegExp
  readonly invariants: readonly Violation['invariant'][]
  readonly fits: (violation: Violation, trial: TrialFacts) => boolean
  readonly reason: string
}

const SLOT_WRITE = /^(PUT|POST|PATCH) .*\/secrets/
const UNLOCKED = /lock (racing|faulty|none)$/

/** Every case in which an invariant cannot hold: here and nowhere else. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    id: 'single-slot-pair-between-two-writes',
    metBy: 'exhaustive',
    kinds: /^(contain-)?(access|r2)/,
    invariants: ['I1'],
    fits: ({ mixed }) => mixed === true,
    reason:
      'No call writes two secrets: with a single slot, a reader between the writes of the id and the secret gets halves that do not belong together.'
  },
  {
    id: 'in-place-lost-secret',
    metBy: 'exhaustive',
    kinds: /^(contain-)?in-place/,
    invariants: ['I1'],
    fits: ({ superseded }) => superseded === true,
    reason:
      'A secret whose value was lost can not be had again, and Cloudflare keeps one previous secret only: the rotation that repairs this ends the one in the slot until the new one is written.'
  },
  {
    id: 'in-place-without-lock',
    metBy: 'concurrent:1101',
    kinds: /^(contain-)?in-place/,
    invariants: ['I1'],
    fits: (_, { kind }) => UNLOCKED.test(kind),
    reason:
      'Of one service token two secrets work at a time: when runs that nothing keeps apart make one each, the one that was written last need not be among them.'
  },
  {
    id: 'late-write-without-lock',
    metBy: 'concurrent:300619',
    kinds: /./,
    invariants: ['I2'],
    fits: ({ call, during = '' }, { kind }) =>
      UNLOCKED.test(kind) &&
      (SLOT_WRITE.test(call?.operation ?? '') || (/ of 3,/.test(during) && call?.method === 'DELETE')),
    reason:
      'No destination takes a write on a condition: when runs that nothing keeps apart overlap, one may be writing what it last saw alive while the other revokes it. The other slot works all the same.'
  },
  {
    id: 'unread-secondary-when-not-due',
    metBy: 'concurrent:5074',
    kinds: /two-slots/,
    invariants: ['I3', 'recovery'],
    fits: ({ what }) => /rotate\/\w+\/share-automation/.test(what),
    reason:
      'What a run left beside others, no newer than PRIMARY, may be what SECONDARY holds; a run that is not due does not look there, so that the next rotation revokes it.'
  },
  {
    id: 'adoption-without-lock',
    metBy: 'concurrent:381:none',
    kinds: /first/,
    invariants: ['I3', 'recovery'],
    fits: ({ what }, { kind }) => UNLOCKED.test(kind) && what.includes('(made by hand)'),
    reason:
      'No call renames a token on a condition: when runs that nothing keeps apart adopt the same one, the one that is undone gives it back the name that it was made with, after the other has replaced it. A check lists it as unmanaged.'
  },
  {
    id: 'rules-without-lock',
    metBy: 'concurrent:69:none',
    kinds: /access|two-slots/,
    invariants: ['I1', 'I2', 'I3', 'recovery'],
    fits: (_, { kind }) => UNLOCKED.test(kind),
    reason:
      'A policy or a group can only be written whole, and Cloudflare has no condition for that: when runs that nothing keeps apart edit the same one, the second throws out the service token that the first has just admitted.'
  }
]

/** Finds the exception that explains a violation. */
export function findException(trial: TrialFacts, violation: Violation): Exception | undefined {
  return EXCEPTIONS.find(
    ({ kinds, invariants, fits }) =>
      kinds.test(trial.kind) && invariants.includes(violation.invariant) && fits(violation, trial)
  )
}
