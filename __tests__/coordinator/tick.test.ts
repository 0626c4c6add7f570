import { describe, expect, it } from '@jest/globals'
import { parseSchedules, type Schedule } from '../../coordinator/src/config/schedules.ts'
import type { ScheduleEvent } from '../../coordinator/src/rules/note.ts'
import { applyReport, type Report } from '../../coordinator/src/rules/report.ts'
import { NEW_STATE, type ClockState } from '../../coordinator/src/rules/state.ts'
import { applyEvent, tick } from '../../coordinator/src/rules/tick.ts'
import { findTroubles } from '../../coordinator/src/rules/troubles.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 1, 10)

const { schedules } = parseSchedules([
  { repository: 'octo-org/ops', workflow: 'rotate.yml', ref: 'main', every: '1h' },
  { repository: 'octo-org/web', workflow: 'rotate.yml', ref: 'main', every: '1h' }
])
const [ops] = schedules as readonly [Schedule, Schedule]
const plan = { schedules, refused: [], channels: ['email', 'webhook'] }

/** Plays minutes with a GitHub that answers each request by `answer`. */
function play(
  minutes: number,
  {
    answer,
    sends = () => true
  }: { answer: (now: number) => ScheduleEvent; sends?: (channel: string) => boolean },
  from: ClockState = NEW_STATE
): { readonly state: ClockState; readonly sent: readonly string[]; readonly requests: number } {
  let state = from
  const sent: string[] = []
  let requests = 0
  const begin = (from.tickedAt ?? START - MINUTE) + MINUTE
  for (let now = begin; now < begin + minutes * MINUTE; now += MINUTE) {
    for (let round = 0; round < 3; round++) {
      const next = tick(state, plan, now)
      state = next.state
      for (const action of next.actions) {
        if (action.kind === 'send') {
          const isSent = sends(action.channel)
          if (isSent) sent.push(`${action.what} ${action.trouble.key} ${action.channel}`)
          state = applyEvent(state, { kind: 'send', action, sent: isSent }, now)
        } else {
          requests += 1
          const event = answer(now)
          state = applyEvent(state, { kind: 'schedule', schedule: action.schedule, event }, now)
        }
      }
    }
  }
  return { state, sent, requests }
}

const down = (): ScheduleEvent => ({
  kind: 'failed',
  failure: { cause: 'github-down', detail: 'GitHub did not answer.', effect: 'unknown', retryAfterMs: null }
})
const well = (now: number): ScheduleEvent => ({
  kind: 'seen',
  run: {
    id: now,
    url: 'https://github.com/x',
    createdAt: now,
    status: 'completed',
    conclusion: 'success',
    endedAt: now
  }
})

describe('tick', () => {
  it('is a pure function of plain JSON', () => {
    const { state } = play(90, { answer: well })
    const copy = JSON.parse(JSON.stringify(state)) as ClockState
    expect(copy).toEqual(state)
    expect(tick(copy, plan, START + 2 * HOUR)).toEqual(tick(state, plan, START + 2 * HOUR))
  })

  it('raises one alert by each channel for an outage that stops every schedule, and one message when it ends', () => {
    const outage = play(180, { answer: down })
    expect(outage.sent).toEqual(['raise github-down: email', 'raise github-down: webhook'])
    // At first after a minute, then every 5 minutes.
    expect(outage.requests).toBeLessThan(2 * 45)
    const after = play(60, { answer: well }, outage.state)
    expect(after.sent).toEqual(['recover github-down: email', 'recover github-down: webhook'])
    expect(after.state.alerts).toEqual({})
  })

  it('repeats a message only by the channel that failed', () => {
    let left = 2
    const { sent } = play(30, { answer: down, sends: (channel) => channel === 'email' || left-- <= 0 })
    expect(sent).toEqual(['raise github-down: email', 'raise github-down: webhook'])
  })

  it('says nothing of a trouble that ended before it could be told', () => {
    const untold = play(15, { answer: down, sends: () => false })
    expect(Object.keys(untold.state.alerts)).toHaveLength(1)
    const ended = play(10, { answer: well, sends: () => false }, untold.state)
    expect(play(60, { answer: well }, ended.state).sent).toEqual([])
  })

  it('raises no alert for the time in which it did not tick itself', () => {
    const { state } = play(90, { answer: well })
    const later = { ...state, tickedAt: START + 20 * HOUR }
    const back = tick(state, plan, START + 20 * HOUR)
    expect(back.actions.filter(({ kind }) => kind === 'send')).toEqual([])
    expect(findTroubles(back.state, plan, later.tickedAt + 19 * MINUTE)).toEqual([])
    expect(findTroubles(back.state, plan, later.tickedAt + 21 * MINUTE)).toHaveLength(2)
  })

  it('keeps what it knows of a schedule that is gone from the configuration', () => {
    const { state } = play(90, { answer: well })
    const without = tick(state, { ...plan, schedules: [] }, START + 2 * HOUR)
    expect(without.actions).toEqual([])
    expect(without.state.schedules).toEqual(state.schedules)
  })
})

describe('reports', () => {
  const reportOf = (
    endedAt: number,
    primary: number | null,
    secondary: number | null | undefined
  ): Report => ({
    ...{ runId: '1', attempt: 1, outcome: 'rotated', endedAt, nextDue: null },
    credentials: [
      {
        rotation: 'bootstrap',
        credential: 'token',
        slots: {
          primary: { expiresAt: primary },
          secondary: secondary === undefined ? null : { expiresAt: secondary }
        }
      }
    ]
  })
  const apply = (report: Report, now = START): ClockState =>
    applyReport(NEW_STATE, { schedule: ops, report }, now).state
  const causes = (state: ClockState, now: number): readonly string[] =>
    findTroubles(state, plan, now)
      .filter(({ cause }) => cause === 'credential-ending')
      .map(({ title }) => title)

  it.each<[string, Report, number, readonly string[]]>([
    ['both slots last', reportOf(START, START + 2 * HOUR, START + HOUR), 60, []],
    [
      'the last slot ends in half an hour',
      reportOf(START, START + 2 * HOUR, START + HOUR),
      90,
      ['The last slot ends soon: token of bootstrap']
    ],
    ['one slot does not end', reportOf(START, START + HOUR, null), 200, []],
    [
      'the only slot has ended',
      reportOf(START, START + HOUR, undefined),
      60,
      ['No slot works any more: token of bootstrap']
    ],
    ['the only slot does not end', reportOf(START, null, undefined), 600_000, []]
  ])('finds a credential that comes near its end when %s', (_what, report, minute, expected) => {
    expect(causes(apply(report), START + minute * MINUTE)).toEqual(expected)
  })

  it('replaces what a rotation reported before, and forgets a credential a week after its end', () => {
    const state = apply(reportOf(START, START + HOUR, undefined))
    const renamed = { ...reportOf(START + MINUTE, START + HOUR, undefined) }
    const next = applyReport(
      state,
      {
        schedule: ops,
        report: {
          ...renamed,
          credentials: renamed.credentials.map((one) => ({ ...one, credential: 'renamed' }))
        }
      },
      START
    ).state
    expect(Object.values(next.credentials).map(({ credential }) => credential)).toEqual(['renamed'])
    expect(tick(next, plan, START + 8 * 24 * HOUR).state.credentials).toEqual({})
  })

  it.each([
    ['rotated', true],
    ['not-due', true],
    ['locked', false],
    ['planned', false],
    ['healthy', false],
    ['failed', false]
  ] as const)('counts a run that reports %s as one that ended well: %s', (outcome, isWell) => {
    const state = apply({ ...reportOf(START, null, undefined), outcome }, START)
    expect(state.schedules[ops.id]?.lastWell).toBe(isWell ? START : null)
  })

  it.each<[string, Report['outcome'], readonly string[]]>([
    ['the lock was held', 'locked', ['raise overdue:octo-org/ops/rotate.yml email']],
    ['its values were old', 'stale', ['raise overdue:octo-org/ops/rotate.yml email']],
    ['it only checks', 'healthy', []]
  ])('raises the alert, or not, when every run succeeds and reports that %s', (_what, outcome, expected) => {
    let state = NEW_STATE
    const sent: string[] = []
    for (let hour = 0; hour < 48; hour++) {
      const now = START + hour * HOUR
      const report = { ...reportOf(now - MINUTE, null, undefined), runId: String(now), outcome }
      state = applyReport(state, { schedule: ops, report }, now).state
      const hourOf = play(60, { answer: () => well(now) }, state)
      state = hourOf.state
      sent.push(...hourOf.sent.filter((one) => one.endsWith('email')))
    }
    expect(sent).toEqual(expected)
  })

  it('tells what a run that GitHub calls a success has reported', () => {
    const detailOf = (runId: string): string | undefined => {
      const report = { ...reportOf(START, null, undefined), runId, outcome: 'locked' } as const
      const { state } = play(200, { answer: () => well(START) }, apply(report))
      return findTroubles(state, plan, START + 4 * HOUR).find(({ key }) => key.includes('ops'))?.detail
    }
    expect(detailOf(String(START))).toContain('ended with success and reported `locked`.')
    expect(detailOf('7')).toContain('ended with success.')
  })

  it('takes up at most 1000 credentials of a schedule', () => {
    let state = NEW_STATE
    for (let round = 0; round < 3; round++) {
      const [one] = reportOf(START, null, undefined).credentials
      const credentials = Array.from({ length: 500 }, (_, index) => ({
        ...one!,
        rotation: `r${round}`,
        credential: `c${index}`
      }))
      const report = { ...reportOf(START, null, undefined), credentials }
      state = applyReport(state, { schedule: ops, report }, START).state
    }
    expect(Object.keys(state.credentials)).toHaveLength(1_000)
  })

  it('counts a report from a clock that is ahead at the present time', () => {
    const state = apply(reportOf(START + 5 * MINUTE, null, undefined))
    expect(state.schedules[ops.id]?.lastWell).toBe(START)
  })
})
