import { expect, it } from '@jest/globals'
import type { Call } from '../../sandbox/transcript.ts'
import { interrupting } from './interrupt.ts'
import { tellAtEveryCall, type CallMoment, type RunningStage } from './moments.ts'

/** The machine is gone with the process: nothing runs after main, and the next scheduled run finds what there is. */
async function killRun(on: RunningStage, { index, when }: CallMoment): Promise<readonly string[]> {
  const begun = on.stage.sandbox.transcript.length
  const interruption = interrupting(on.stage, 'SIGKILL', { at: (_call, at) => at === index, when })
  const { main, post } = await on.stage.run({
    onStart: (child, phase) => {
      interruption.onStart(child, phase)
      if (phase === 'post') child.kill('SIGKILL')
    }
  })
  if (main.signal !== 'SIGKILL' || post.signal !== 'SIGKILL')
    return [`was not killed: ${main.outputs['outcome']}, ${post.log}`]
  const { call } = interruption
  if (call === undefined || (changesSomething(call) && call.applied !== (when === 'after')))
    return [`${call?.method} ${call?.path} was ${when === 'after' ? 'not ' : ''}applied`]
  if (!on.hasChangedSince(begun)) return []
  on.endLeases()
  const next = await on.stage.run()
  const { outcome } = next.main.outputs
  const ended =
    outcome === 'rotated' && !next.failed ? [] : [`the next run ended ${outcome}: ${next.main.log}`]
  return [...ended, ...on.untidy()].map((what) => `${what} (killed during ${call.method} ${call.path})`)
}

/** Whether a call is one that the API carries out, once it gets there: asking to delete what there is not is none. */
function changesSomething({ method, path }: Call): boolean {
  return method !== 'GET' && !path.endsWith('/ROTATE_ACTION_PERMISSION_CHECK')
}

it('a run that is killed at any call, with its machine lost, leaves consumers working, and the next run ends rotated with nothing left over', async () => {
  const { moments, wrong } = await tellAtEveryCall(killRun, { oneOf: 2 })
  expect(wrong).toEqual([])
  expect(moments).toBeGreaterThan(15)
}, 600_000)
