import type { Fault, FaultAnswer } from '../sandbox/faults.ts'
import type { Call } from '../sandbox/transcript.ts'
import type { Crash } from './process.ts'

/** Position of a call in a run. */
export interface Position {
  /** Number of the call in the run, from 1. */
  readonly index: number
  readonly operation: string
  /** Number of the call among those of its operation, from 1. */
  readonly nth: number
  readonly api: string
  /** Caller, as the transcript names the token. */
  readonly actor: string
}

/** Way in which a call fails. */
export interface FaultKind {
  readonly name: string
  /** Returns the sandbox's fault for the call, or the crash of the process. */
  readonly inject: (position: Position) => { readonly fault: Fault } | { readonly crash: Crash }
  /** Whether it makes no sense at a position. */
  readonly skips?: (position: Position) => boolean
}

/** Retry time that is longer than a run waits and than a lease lasts, in seconds. */
const LONG_RETRY_AFTER_SECONDS = 600

/** Answers of something between the caller and the API, each of which was once mistaken for the API's own. */
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

/** Every way in which a call can fail. */
export const FAULT_KINDS: readonly FaultKind[] = [
  once('dropped-before', 'before', 'drop'),
  once('dropped-after', 'after', 'drop'),
  once('hung-before', 'before', 'hang'),
  once('hung-after', 'after', 'hang'),
  once('rate-limited', 'before', { rateLimit: LONG_RETRY_AFTER_SECONDS }),
  once('error-once', 'before', { status: 500 }),
  once('garbage', 'after', 'garbage'),
  { ...once('success-false', 'before', 'success-false'), skips: ({ api }) => api !== 'cloudflare' },
  permanent('refused-for-good', 'before', { status: 500 }),
  permanent('lost-for-good', 'after', 'drop'),
  ...FOREIGN.map((page) => onReads(once(page, 'before', { page }))),
  onReads(once('invalid-token', 'before', { refusal: { status: 401, code: 1000 } })),
  onReads(once('not-allowed', 'before', { refusal: { status: 403, code: 9109 } })),
  onReads(once('no-permission', 'before', { refusal: { status: 403, code: 10000 } })),
  onReads(permanent('blocked-for-good', 'before', { page: 'block' })),
  onReads({
    name: 'invalid-for-good',
    inject: ({ operation, actor }) => ({
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

/** Lists the positions of a run's calls. */
export function positionsOf(calls: readonly Call[]): readonly Position[] {
  const seen = new Map<string, number>()
  return calls.map(({ operation = '?', api, actor = '' }, at) => {
    const nth = (seen.get(operation) ?? 0) + 1
    seen.set(operation, nth)
    return { index: at + 1, operation, nth, api, actor }
  })
}

function once(name: string, when: Fault['when'], answer: FaultAnswer): FaultKind {
  return { name, inject: ({ index }) => ({ fault: { match: { nth: index }, when, answer } }) }
}

function permanent(name: string, when: Fault['when'], answer: FaultAnswer): FaultKind {
  return {
    name,
    inject: ({ operation, nth }) => ({ fault: { match: { operation, nth, count: Infinity }, when, answer } })
  }
}

/** Restricts a fault to reads: a conclusion that is drawn from it would be wrong. */
function onReads(kind: FaultKind): FaultKind {
  return { ...kind, skips: ({ operation }) => !operation.startsWith('GET ') }
}

function crashing(name: string, when: Crash['when']): FaultKind {
  return { name, inject: ({ index }) => ({ crash: { at: (_call, at) => at === index, when } }) }
}
