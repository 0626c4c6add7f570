import type { Inline } from '../../markdown/document.ts'
import { WHOLE_RUN, type AlertState, type Failing } from './alert-state.ts'
import { isClose, isWorse, NOW } from './urgency.ts'

/** Finds what got worse between two states of an open alert: nothing when the same failure only repeats. */
export function findEscalations(before: AlertState, after: AlertState): readonly (readonly Inline[])[] {
  return after.failing.flatMap((now) => {
    const same = before.failing.filter(({ name }) => name === now.name)
    const then = same.find(({ source }) => source === now.source) ?? same[0]
    if (then !== undefined) return describe(then, now, { before, after })
    // Where no rotation could begin, those that fail now did not work before either.
    if (before.failing.some(({ name }) => name === WHOLE_RUN) && now.safety !== NOW) return []
    return [now.name === WHOLE_RUN ? [describeWhole(now)] : describeNew(now)]
  })
}

function describeWhole({ outcome }: Failing): string {
  return outcome === 'unhealthy' ? 'A check found something wrong.' : 'No rotation can begin any more.'
}

function describeNew({ name, safety }: Failing): readonly Inline[] {
  const also: readonly Inline[] = [{ code: name }, ' fails too']
  return safety === NOW ? [...also, ', and its consumers fail now.'] : [...also, '.']
}

function describe(
  then: Failing,
  now: Failing,
  { before, after }: { readonly before: AlertState; readonly after: AlertState }
): readonly (readonly Inline[])[] {
  const name = { code: now.name }
  if (now.safety === NOW) {
    return then.safety === NOW ? [] : [['Consumers of ', name, ' fail now.']]
  }
  const reasons: (readonly Inline[])[] = []
  if (now.outcome === 'failed' && then.outcome === 'rolled-back') {
    reasons.push([name, ' was rolled back by the previous run; this run could not roll it back.'])
  }
  if (now.safety === undefined || !isClose(now.safety, after.at)) return reasons
  const until = { time: now.safety }
  if (isWorse(now.safety, then.safety)) {
    const than = then.safety === undefined ? '.' : ', which is earlier than before.'
    reasons.push(['Consumers of ', name, ' are safe only until ', until, than])
  } else if (!isClose(then.safety, before.at)) {
    reasons.push(['Less than a day is left: consumers of ', name, ' are safe until ', until, '.'])
  }
  return reasons
}
