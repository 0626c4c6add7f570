import type { FaultAnswer } from '../../sandbox/faults.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { Crash, Outgoing } from '../process.ts'
import type { Draws } from './draws.ts'
import { findOutage, type Outage } from './platforms.ts'

/** Share of all calls that fail. */
export const FAILING_CALLS = 0.004
/** Share of all runs that lose their machine. */
export const LOST_MACHINES = 0.01
/** Calls of a rotation; a run that makes fewer is lost at its end. */
const CALLS_OF_A_RUN = 50

type Failing = readonly ['before' | 'after', FaultAnswer]

const FAILURES: readonly [Failing, ...Failing[]] = [
  ['before', { status: 500 }],
  ['before', { status: 503 }],
  ['after', { status: 500 }],
  ['before', 'drop'],
  ['after', 'drop'],
  ['after', 'garbage'],
  ['before', 'hang'],
  ['before', { rateLimit: 60 }]
]

/** Outages by platform. */
export interface Outages {
  readonly github: readonly Outage[]
  readonly cloudflare: readonly Outage[]
}

/** Makes calls of a run fail: some by chance, and all to a platform during its outage. Draws from `draws` once for each call. */
export function failingCalls(
  sandbox: Sandbox,
  { draws, outages }: { readonly draws: Draws; readonly outages: Outages }
): (call: Pick<Outgoing, 'url'>) => void {
  return ({ url }) => {
    sandbox.faults.clear()
    const isFailing = draws.chance(FAILING_CALLS)
    const platform = new URL(url).hostname.endsWith('github.com') ? outages.github : outages.cloudflare
    const isDown = findOutage(platform, sandbox.clock.now()) !== undefined
    const failing = isFailing ? draws.pick(FAILURES) : undefined
    const [when, answer] = isDown ? (['before', { status: 503 }] as const) : (failing ?? [])
    // The sandbox takes up a call at once, so that the fault hits this one.
    if (when !== undefined && answer !== undefined) sandbox.faults.add({ match: {}, when, answer })
  }
}

/** Draws whether a run loses its machine, and at which of its calls. */
export function drawCrash(draws: Draws): Crash | undefined {
  const isLost = draws.chance(LOST_MACHINES)
  const fatal = Math.floor(draws.uniform(1, CALLS_OF_A_RUN + 1))
  const when = draws.pick(['before', 'after'] as const)
  return isLost ? { at: (_call, index) => index === fatal, when } : undefined
}
