import type { CoordinatorClient } from '../../coordinator/client.ts'
import { formatDuration, type Clock } from '../../kernel/clock.ts'
import { asRotationError } from '../../kernel/error.ts'
import type { Confirmation, SlotWrite } from '../../rotation/model/destination.ts'

/** What {@link waitUntilSeen} is given. */
export interface SeenOptions {
  readonly coordinator: Pick<CoordinatorClient, 'see'>
  readonly clock: Clock
  readonly cancelled: AbortSignal
  readonly onProgress: (message: string) => void
  /** When a secret is settled, by the monotonic clock: until then consumers may come to see another value that was written before. */
  readonly notBefore?: (secret: string) => number
}

/** How long a value may take until consumers see it, in milliseconds: Cloudflare gives no bound, and 200 seconds were seen. */
export const SEEN_MS = 240_000
const EVERY_MS = 5_000
const PROGRESS_MS = 15_000

/**
 * Waits until the coordinator, a consumer like any other, sees the values that were written.
 * @returns for each write, whether it is seen; what is not seen in time is pending
 */
export async function waitUntilSeen(
  writes: readonly SlotWrite[],
  { coordinator, clock, cancelled, onProgress, notBefore = () => 0 }: SeenOptions
): Promise<ReadonlyMap<SlotWrite, Confirmation>> {
  const started = clock.monotonic()
  let waiting = writes
  let said = started
  let problem: string
  for (;;) {
    try {
      const isSeen = await coordinator.see(waiting.map(({ secret }) => secret))
      const at = clock.monotonic()
      waiting = waiting.filter(
        ({ secret, value }) => isSeen(secret, value) !== true || at < notBefore(secret)
      )
      problem = ''
    } catch (thrown) {
      problem = ` (${asRotationError(thrown).message})`
    }
    const now = clock.monotonic()
    if (waiting.length === 0 || cancelled.aborted || now - started >= SEEN_MS) break
    if (now - said >= PROGRESS_MS) {
      said = now
      const names = waiting.map(({ secret }) => secret).join(', ')
      onProgress(`Waiting for consumers to see ${names}: ${formatDuration(now - started)} so far${problem}.`)
    }
    await clock.sleep(EVERY_MS, cancelled)
  }
  const pending: Confirmation = {
    state: 'pending',
    reason: `is not seen by the coordinator yet after ${formatDuration(clock.monotonic() - started)}${problem}`
  }
  return new Map(writes.map((write) => [write, waiting.includes(write) ? pending : { state: 'confirmed' }]))
}
