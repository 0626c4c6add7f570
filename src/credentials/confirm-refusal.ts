import type { Clock } from '../kernel/clock.ts'
import type { SlotReading } from '../rotation/model/ports.ts'

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
