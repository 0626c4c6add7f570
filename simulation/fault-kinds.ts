import type { Fault, FaultAnswer } from '../sandbox/faults.ts'
import type { Call } from '../sandbox/transcript.ts'
import type { Crash } from './process.ts'

/** A call of a run, by where it stands in it. */
export interface Position {
  /** The how-manieth call of the run, from 1. */
  readonly index: number
  readonly operation: string
  /** The how-manieth of its operation, from 1. */
  readonly nth: number
  readonly api: string
  /** Who made it, as the transcript names the token. */
  readonly actor: string
}

/** A way in which a call goes wrong. */
export interface FaultKind {
  readonly name: string
  /** What the sandbox does to the call, or when the process dies. */
  readonly plant: (position: Position) => { readonly fault: Fault } | { readonly crash: Crash }
  /** Where it makes no sense. */
  readonly skips?: (position: Position) => boolean
}

/** Long past the longest wait that a run is ready for, and past a lease. */
const LONG_RETRY_AFTER_SECONDS = 600

/** Answers of something between the caller and the API, each of which was once taken for the API's own. */
const FOREIGN = [
  'block',
  'challenge',
  'proxy-401',
  'proxy-403',
  'empty-403',
  'html-404',
  'json-401',
  'json-403',
  'json-404'
] as const

/** Every way in which a call can go wrong. */
export const FAULT_KINDS: readonly FaultKind[] = [
  once('dropped-before', 'before', 'drop'),
  once('dropped-after', 'after', 'drop'),
  once('hung-before', 'before', 'hang'),
  once('hung-after', 'after', 'hang'),
  once('rate-limited', 'before', { rateLimit: LONG_RETRY_AFTER_SECONDS }),
  once('error-once', 'before', { status: 500 }),
  once('garbage', 'after', 'garbage'),
  { ...once('success-false', 'before', 'success-false'), skips: ({ api }) => api !== 'cloudflare' },
  forGood('refused-for-good', 'before', { status: 500 }),
  forGood('lost-for-good', 'after', 'drop'),
  ...FOREIGN.map((page) => reading(once(page, 'before', { page }))),
  reading(once('invalid-token', 'before', { refusal: { status: 401, code: 1000 } })),
  reading(once('not-allowed', 'before', { refusal: { status: 403, code: 9109 } })),
  reading(once('no-permission', 'before', { refusal: { status: 403, code: 10000 } })),
  reading(forGood('blocked-for-good', 'before', { page: 'block' })),
  reading({
    name: 'invalid-for-good',
    plant: ({ operation, actor }) => ({
      fault: {
        match: { operation, actor, count: Infinity },
        when: 'before',
        answer: { refusal: { status: 401, code: 1000 } }
      }
    })
  }),
  crashing('killed-before', 'before'),
  crashing('killed-after', 'after')
]

/** Where each of a run's calls stands. */
export function positionsOf(calls: readonly Call[]): readonly Position[] {
  const seen = new Map<string, number>()
  return calls.map(({ operation = '?', api, actor = '' }, at) => {
    const nth = (seen.get(operation) ?? 0) + 1
    seen.set(operation, nth)
    return { index: at + 1, operation, nth, api, actor }
  })
}

function once(name: string, when: Fault['when'], answer: FaultAnswer): FaultKind {
  return { name, plant: ({ index }) => ({ fault: { match: { nth: index }, when, answer } }) }
}

function forGood(name: string, when: Fault['when'], answer: FaultAnswer): FaultKind {
  return {
    name,
    plant: ({ operation, nth }) => ({ fault: { match: { operation, nth, count: Infinity }, when, answer } })
  }
}

/** Only where something is read: a verdict that was drawn from it would be wrong. */
function reading(kind: FaultKind): FaultKind {
  return { ...kind, skips: ({ operation }) => !operation.startsWith('GET ') }
}

function crashing(name: string, when: Crash['when']): FaultKind {
  return { name, plant: ({ index }) => ({ crash: { at: (_call, at) => at === index, when } }) }
}
