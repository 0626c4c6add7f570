import { describe, expect, it } from '@jest/globals'
import { HOUR, MINUTE } from '../../../simulation/times.ts'
import { Draws } from '../../../simulation/years/draws.ts'
import { WorkflowRuns } from '../../../simulation/years/workflow-runs.ts'

const OUTAGE = { from: 10 * HOUR, until: 20 * HOUR }

function createRuns(): WorkflowRuns {
  return new WorkflowRuns(new Draws(1, 'queue'), [OUTAGE])
}

describe('runs of a concurrency group', () => {
  it('start within a minute', () => {
    const runs = createRuns()
    runs.add(HOUR)
    expect(runs.nextStart).toBeGreaterThan(HOUR)
    expect(runs.nextStart).toBeLessThanOrEqual(HOUR + MINUTE)
  })

  it('wait until the one that works has ended', () => {
    const runs = createRuns()
    runs.add(HOUR)
    const first = runs.start(runs.nextStart)
    runs.finish(first, { at: 2 * HOUR, conclusion: 'success' })
    runs.add(HOUR + MINUTE)
    expect(runs.nextStart).toBe(2 * HOUR)
  })

  it('cancel the one that waits', () => {
    const runs = createRuns()
    const { id } = runs.add(HOUR)
    const newer = runs.add(HOUR + 1)
    expect(runs.show(id, 2 * HOUR)).toMatchObject({ status: 'completed', conclusion: 'cancelled' })
    expect(runs.start(runs.nextStart).id).toBe(newer.id)
    expect(runs.nextStart).toBe(Infinity)
  })

  it('start only when GitHub is up again', () => {
    const runs = createRuns()
    runs.add(OUTAGE.from - 1)
    expect(runs.nextStart).toBe(OUTAGE.until)
  })

  it('are shown as GitHub shows them at that time', () => {
    const runs = createRuns()
    const { id } = runs.add(HOUR)
    const run = runs.start(HOUR + MINUTE)
    runs.finish(run, { at: HOUR + 3 * MINUTE, conclusion: 'failure' })
    const statusAt = (minutes: number): unknown => runs.show(id, HOUR + minutes * MINUTE)?.status
    expect([statusAt(0), statusAt(1), statusAt(2), statusAt(3)]).toEqual([
      'queued',
      'in_progress',
      'in_progress',
      'completed'
    ])
    expect(runs.find({ since: HOUR, known: new Set([id]), at: 2 * HOUR })).toBeUndefined()
    expect(runs.find({ since: HOUR, known: new Set(), at: 2 * HOUR })).toMatchObject({
      id,
      conclusion: 'failure'
    })
  })
})
