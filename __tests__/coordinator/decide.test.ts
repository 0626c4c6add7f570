import { describe, expect, it } from '@jest/globals'
import { parseSchedules, type Schedule } from '../../coordinator/src/config/schedules.ts'
import { decide } from '../../coordinator/src/rules/decide.ts'
import { note, type ScheduleEvent } from '../../coordinator/src/rules/note.ts'
import {
  newSchedule,
  type Phase,
  type RunState,
  type ScheduleState
} from '../../coordinator/src/rules/state.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const TEN = Date.UTC(2026, 0, 1, 10)

const [hourly] = parseSchedules([
  { repository: 'octo-org/ops', workflow: 'rotate.yml', ref: 'main', every: '1h' }
]).schedules as [Schedule]

/** State in the hour that begins at 10:00, whose run was started. */
function stateIn(phase: Phase, changes: Partial<ScheduleState> = {}): ScheduleState {
  return { ...newSchedule(TEN), interval: TEN, reachedAt: TEN, lookedAt: 0, phase, ...changes }
}

function runIn(status: string, conclusion: string | null = null, createdAt = TEN): RunState {
  const endedAt = conclusion === null ? null : createdAt + 3 * MINUTE
  return {
    id: 41,
    url: 'https://github.com/octo-org/ops/actions/runs/41',
    createdAt,
    status,
    conclusion,
    endedAt
  }
}

const running = { name: 'running', since: TEN, runId: 41, cancelledAt: null } as const
const blocked = {
  cause: 'github-down',
  detail: '',
  since: TEN,
  until: TEN + 2 * MINUTE,
  failures: 2
} as const

describe('decide', () => {
  it.each<[string, ScheduleState, number, string | undefined]>([
    ['a new memory', newSchedule(TEN), 0, 'find'],
    ['idle in the same interval', stateIn({ name: 'idle' }), 59, undefined],
    ['idle at the next interval', stateIn({ name: 'idle' }), 60, 'dispatch'],
    ['idle and blocked', stateIn({ name: 'idle' }, { block: blocked }), 1, undefined],
    ['idle after a block', stateIn({ name: 'idle' }, { block: blocked }), 2, 'check'],
    ['idle and not reached for hours', stateIn({ name: 'idle' }, { reachedAt: TEN - 6 * HOUR }), 1, 'check'],
    ['waiting for a retry', stateIn({ name: 'waiting', until: TEN + 2 * MINUTE }), 1, undefined],
    ['waiting until now', stateIn({ name: 'waiting', until: TEN + 2 * MINUTE }), 2, 'dispatch'],
    ['waiting at the next interval', stateIn({ name: 'waiting', until: TEN + 99 * MINUTE }), 60, 'dispatch'],
    ['a start whose answer is unknown', stateIn({ name: 'starting', since: TEN, adopt: false }), 1, 'find'],
    ['an accepted start', stateIn({ name: 'accepted', since: TEN, runId: 41 }), 1, 'look'],
    ['an accepted start without an id', stateIn({ name: 'accepted', since: TEN, runId: null }), 1, 'find'],
    ['a run', stateIn(running), 1, 'look'],
    ['a run at the next interval', stateIn(running), 60, 'look'],
    ['a run that was read just now', stateIn(running, { lookedAt: TEN + MINUTE }), 1, undefined],
    [
      'a run that takes too long',
      stateIn(running, { lookedAt: TEN + 30 * MINUTE, runs: [runIn('in_progress')] }),
      31,
      'cancel'
    ],
    [
      'a run that waits too long for a machine',
      stateIn(running, { lookedAt: TEN + 30 * MINUTE, runs: [runIn('queued')] }),
      31,
      'look'
    ]
  ])('decides what to do for %s', (_what, state, minute, kind) => {
    const { action } = decide(hourly, state, TEN + minute * MINUTE)
    expect(action?.kind).toBe(kind)
  })

  it.each([
    ['shorter', '15m', 20, 'dispatch'],
    ['longer', '2h', 119, undefined],
    ['longer', '2h', 120, 'dispatch']
  ])('goes on when the interval becomes %s: %s after %i minutes', (_what, every, minute, kind) => {
    const [changed] = parseSchedules([
      { repository: 'octo-org/ops', workflow: 'rotate.yml', ref: 'main', every }
    ]).schedules as [Schedule]
    expect(decide(changed, stateIn({ name: 'idle' }), TEN + minute * MINUTE).action?.kind).toBe(kind)
  })

  it('writes the intent to start before the request', () => {
    const now = TEN + 5 * HOUR
    const { state } = decide(hourly, stateIn({ name: 'idle' }), now)
    expect(state).toMatchObject({ interval: now, phase: { name: 'starting', since: now } })
  })
})

const accepted: ScheduleEvent = { kind: 'accepted', runId: 41 }
const failed = (effect: 'none' | 'unknown', retryAfterMs: number | null = null): ScheduleEvent => ({
  kind: 'failed',
  failure: { cause: 'github-down', detail: 'GitHub did not answer.', effect, retryAfterMs }
})
const seen = (status: string, conclusion: string | null = null): ScheduleEvent => ({
  kind: 'seen',
  run: runIn(status, conclusion)
})

describe('note', () => {
  const starting = { name: 'starting', since: TEN, adopt: false } as const
  const acceptedPhase = { name: 'accepted', since: TEN, runId: 41 } as const

  it.each<[string, Phase, ScheduleEvent, number, string]>([
    ['an accepted start', starting, accepted, 0, 'accepted'],
    ['a refused start', starting, failed('none'), 0, 'waiting'],
    ['a start without an answer', starting, failed('unknown'), 0, 'starting'],
    ['no run soon after', starting, { kind: 'unseen' }, 1, 'starting'],
    ['no run after two minutes', starting, { kind: 'unseen' }, 2, 'waiting'],
    ['no run in a new memory', { ...starting, adopt: true }, { kind: 'unseen' }, 0, 'waiting'],
    ['no run after an acceptance', acceptedPhase, { kind: 'unseen' }, 4, 'accepted'],
    ['no run five minutes after an acceptance', acceptedPhase, { kind: 'unseen' }, 5, 'waiting'],
    ['a queued run', acceptedPhase, seen('queued'), 1, 'running'],
    ['a run that goes on', running, seen('in_progress'), 9, 'running'],
    ['a run that ended well', running, seen('completed', 'success'), 3, 'idle'],
    ['a run that failed', running, seen('completed', 'failure'), 3, 'waiting'],
    ['a run that was skipped', running, seen('completed', 'skipped'), 3, 'waiting'],
    ['a run that was deleted', running, { kind: 'unseen' }, 3, 'waiting'],
    [
      'a run that does not end when cancelled',
      { ...running, cancelledAt: TEN },
      seen('in_progress'),
      6,
      'waiting'
    ]
  ])('notes %s', (_what, phase, event, minute, name) => {
    expect(note(stateIn(phase), event, TEN + minute * MINUTE).phase.name).toBe(name)
  })

  it('waits 2, 5 and 10 minutes before it starts a run again, and then for the next interval', () => {
    const waits = [0, 1, 2, 3].map((failures) => {
      const { phase } = note(stateIn(running, { failures }), seen('completed', 'failure'), TEN)
      return phase.name === 'waiting' ? Math.round((phase.until - TEN) / MINUTE) : phase.name
    })
    expect(waits).toEqual([2, 5, 10, 'idle'])
  })

  it('waits longer after each failed request, at most 5 minutes, or as long as GitHub asks', () => {
    let state = stateIn({ name: 'idle' })
    const waits = Array.from({ length: 6 }, () => {
      state = note(state, failed('unknown'), TEN)
      return Math.round(((state.block?.until ?? 0) - TEN) / MINUTE)
    })
    expect(waits).toEqual([1, 2, 4, 5, 5, 5])
    expect(note(state, failed('unknown', 17 * MINUTE), TEN).block?.until).toBe(TEN + 17 * MINUTE)
    expect(note(state, failed('unknown', 17 * HOUR), TEN).block?.until).toBe(TEN + HOUR)
  })

  it('ends a block with the first answer', () => {
    expect(note(stateIn(running, { block: blocked }), seen('in_progress'), TEN)).toMatchObject({
      block: null,
      unblockedAt: TEN
    })
  })
})
