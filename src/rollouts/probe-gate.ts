import type { Probe, ProbeEvidence } from '../rotation/model/ports.ts'
import type { Gate, GateAnswer } from '../rotation/model/gate.ts'

/** How often a probe is tried, in milliseconds: at first, and at most. */
const PACE_MS = [1_000, 15_000] as const

/** How long a gate that is a probe may take by default. */
export const PROBE_GATE_TIMEOUT = '5m'

/** Makes a gate of a probe, which is tried without any credential until it passes. */
export function createProbeGate(probe: Probe, timing: Pick<Gate, 'timeoutMs' | 'looksLong'>): Gate {
  return {
    label: probe.label,
    ...timing,
    paceMs: PACE_MS,
    movesConsumers: false,
    prepare: () => Promise.resolve(),
    start: () => Promise.resolve({ look: async () => answerOf(await probe.run({})) })
  }
}

/** Consumers may still be taking over the new values, so that a failure is not the end, unless it always will be one. */
function answerOf({ verdict, detail, hint, final }: ProbeEvidence): GateAnswer {
  if (verdict === 'passed') return { state: 'passed' }
  return { state: final === true ? 'red' : 'waiting', detail: detail.replace(/\.$/, ''), hint }
}
