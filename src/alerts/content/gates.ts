import type { Inline } from '../../markdown/document.ts'
import type { RotationRecord } from '../../rotation/record/schema.ts'

type GateRecord = RotationRecord['rollout'][number]

const STATES: Readonly<Record<GateRecord['state'], string>> = {
  passed: 'passed',
  red: 'failed',
  cancelled: 'was cancelled',
  late: 'did not pass in time',
  unknown: 'may have failed',
  started: 'was started, and not waited for'
}

/** Lines about the rollout gates of a rotation, with the link to what each of them started. */
export function listGates(rollout: readonly GateRecord[]): readonly (readonly Inline[])[] {
  return rollout.map(({ gate, state, url, seconds }): readonly Inline[] => [
    'Rollout gate ',
    { code: gate },
    ' ',
    state === 'passed' || state === 'started' ? STATES[state] : { strong: [STATES[state]] },
    state === 'started' ? '' : ` after ${seconds} s`,
    ...(url === null ? [] : [': ', { link: 'its run', url }]),
    '.'
  ])
}
