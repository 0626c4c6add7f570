import { expect, it } from '@jest/globals'
import type { RunRecord } from '../../src/rotation/record/schema.ts'
import { interrupting } from './interrupt.ts'
import { tellAtEveryCall, type CallMoment, type RunningStage } from './moments.ts'

/** GitHub sends SIGTERM so long after SIGINT, and no longer waits for a safe end. */
const PATIENCE_MS = 7_500

/** A person cancels the workflow: SIGINT, and `post` as the runner starts it. */
async function cancel(on: RunningStage, { index, when }: CallMoment): Promise<readonly string[]> {
  const { stage } = on
  const before = stage.slots()
  const managedBefore = new Set(stage.managed())
  const begun = stage.sandbox.transcript.length
  const interruption = interrupting(stage, 'SIGINT', { at: (_call, at) => at === index, when })
  const { main, post, failed } = await stage.run({ onStart: interruption.onStart })
  const { call, endedAfterMs = Infinity } = interruption
  if (call === undefined) return [`was not interrupted: ${main.outputs['outcome']}`]
  const { outcome = '' } = main.outputs
  const wrong: string[] = []
  if (main.exitCode === null) wrong.push(`main did not end by itself but by ${main.signal}`)
  if (endedAfterMs > PATIENCE_MS) wrong.push(`main took ${Math.round(endedAfterMs)} ms`)
  if (!main.log.includes('SIGINT')) wrong.push('main did not say that it was asked to stop')
  if (post.exitCode !== 0 || post.output !== '') wrong.push(`post had something to do: ${post.log}`)
  if (on.stage.account.namespace.keys.length > 0) wrong.push('the lease is left')
  if (failed) {
    if (outcome !== 'rolled-back' && !(outcome === 'failed' && main.log.includes('Nothing was changed.')))
      wrong.push(`failed and ended ${outcome}: ${main.log}`)
    wrong.push(
      ...stage.managed().flatMap((name) => (managedBefore.has(name) ? [] : [`${name} was made, and is left`]))
    )
    for (const [name, value] of primaries(before))
      if (![...primaries(stage.slots())].some(([at, now]) => at === name && now === value))
        wrong.push(`${name} is not what it was`)
    const { rotations } = JSON.parse(main.outputs['record'] ?? '{}') as RunRecord
    const code = rotations[0]?.error?.code
    if (code !== 'cancelled') wrong.push(`failed with ${code}`)
    // A run that was cancelled before it changed anything is what somebody wanted.
    const expected = outcome === 'failed' ? 0 : 1
    if (on.openAlerts().length !== expected) wrong.push(`${outcome} with ${on.openAlerts().length} alerts`)
  } else {
    if (outcome !== 'rotated') wrong.push(`did not fail and ended ${outcome}`)
    wrong.push(...on.untidy())
  }
  if (on.hasChangedSince(begun)) {
    const next = await stage.run()
    if (next.main.outputs['outcome'] !== 'rotated' || next.failed)
      wrong.push(`the next run ended ${next.main.outputs['outcome']}: ${next.main.log}`)
    wrong.push(...on.untidy())
  }
  return wrong.map((what) => `${what} (SIGINT during ${call.method} ${call.path}, which ended ${outcome})`)
}

/** What PRIMARY holds, by place and name. */
function* primaries(slots: ReturnType<RunningStage['stage']['slots']>): Iterable<readonly [string, string]> {
  for (const [place, held] of Object.entries(slots))
    for (const [name, value] of Object.entries(held))
      if (name.startsWith('PRIMARY_')) yield [`${name} in ${place}`, value]
}

it('a run that is cancelled at any call leaves consumers working and ends in a known state with one alert if it failed, and the next run ends rotated', async () => {
  const { moments, wrong } = await tellAtEveryCall(cancel, { oneOf: 3 })
  expect(wrong).toEqual([])
  expect(moments).toBeGreaterThan(10)
}, 600_000)
