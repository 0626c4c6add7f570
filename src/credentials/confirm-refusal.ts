import type { Clock } from '../kernel/clock.ts'
import { RotationError } from '../kernel/error.ts'
import type { ProbeEvidence, SlotReading } from '../rotation/model/ports.ts'

/** Pause before a refused value is tried again, in milliseconds. */
const PAUSE_MS = 2_000

/** Identifies a value with a first check, and with a second one where it was refused: a single refusal proves nothing. */
export async function confirmRefusal(
  { clock, cancelled }: { readonly clock: Clock; readonly cancelled: AbortSignal },
  first: () => Promise<SlotReading>,
  second: () => Promise<SlotReading>
): Promise<SlotReading> {
  const reading = await first()
  if (reading.state !== 'refused' && reading.state !== 'rejected') return reading
  await clock.sleep(PAUSE_MS, cancelled)
  return await second()
}

/** Values whose object no list shows, with what the probes say of them. */
export interface Unlisted {
  readonly name: string
  /** What the list lacks, as a clause. */
  readonly reason: string
  readonly evidence: readonly ProbeEvidence[]
  /** Role of `auth` whose token read the list. */
  readonly role: 'tokens' | 'access'
}

/** Reads values whose object no list shows: they are refused, unless a probe accepts them. Then the list is not complete, and nothing is concluded. */
export function readUnlisted({ name, reason, evidence, role }: Unlisted): SlotReading {
  const passed = evidence.find(({ verdict }) => verdict === 'passed')
  if (passed === undefined) return { state: 'refused', reason }
  return {
    state: 'unreadable',
    error: new RotationError(
      'permission',
      `${name}: ${reason}, and probe "${passed.label}" accepts what the slot holds.`,
      {
        hint: `Check that auth.${role} may see every one of them: a provisioning role sees only tokens that it created. If it was deleted, check whether the probe passes without a credential. Nothing was changed.`
      }
    )
  }
}
