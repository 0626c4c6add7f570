import { formatDuration } from '../../kernel/clock.ts'
import { RotationError, asRotationError } from '../../kernel/error.ts'
import { backoffMs } from '../../kernel/retry.ts'
import type { Gate, GateAnswer, GateState, StartedGate } from '../model/gate.ts'
import { throwIfCancelled } from '../model/rotation.ts'
import { keepLease, type LeaseScope } from './lease.ts'

/** How often the log says what is waited for, in milliseconds. */
const PROGRESS_MS = 15_000

/** Errors that every further look at a gate would meet too. */
const LASTING: ReadonlySet<string> = new Set(['permission', 'refused', 'bad-input', 'internal'])

/** How a gate ended. */
interface Ending {
  readonly state: GateState
  /** End of a sentence; left out where it passed. */
  readonly detail?: string
  readonly hint?: string | undefined
  /** What ended the wait before the gate did: the run was cancelled, or the lease could not be renewed. */
  readonly error?: RotationError
}

/** Gate that is waited for; instants are those of the monotonic clock. */
interface Waiting {
  readonly scope: LeaseScope
  readonly gate: Gate
  readonly started: StartedGate
  readonly startedAt: number
  /** When the log said so last. */
  saidAt: number
}

/**
 * Starts each gate and waits until it passes, one after the other. The lease is renewed meanwhile.
 * @throws RotationError `rollout-failed` when a gate does not pass, `cancelled` when the run is cancelled, or why the lease could not be renewed
 */
export async function passGates(scope: LeaseScope): Promise<void> {
  for (const gate of scope.context.rotation.rollout) {
    throwIfCancelled(scope.context)
    await keepLease(scope)
    await passGate(scope, gate)
  }
}

/** Starts the gates that make consumers take over the new values, and waits for none of them. */
export async function startGates({ context, log }: LeaseScope): Promise<void> {
  const { rollout } = context.rotation
  if (rollout.length === 0) return
  await Promise.all(
    rollout
      .filter(({ movesConsumers }) => movesConsumers)
      .map(async (gate) => {
        const started = await startGate(gate)
        const { state, detail, url } =
          'look' in started
            ? { state: 'started' as const, detail: 'started', url: started.url }
            : { ...started, url: undefined }
        log.gates.push({ gate: gate.label, state, url, ms: 0 })
        if (state === 'started') context.reporter.info(`${nameOf(gate)}: started${linkTo(url)}`)
        else log.warnings.push(`${nameOf(gate)} could not be started: ${detail ?? state}.`)
      })
  )
  const warning = 'What is exposed is revoked without waiting for the rollout gates.'
  log.warnings.push(warning)
  context.reporter.warning(warning)
}

async function passGate(scope: LeaseScope, gate: Gate): Promise<void> {
  const { context, log } = scope
  const startedAt = context.clock.monotonic()
  context.reporter.info(`${nameOf(gate)}: starting; it may take ${formatDuration(gate.timeoutMs)}`)
  const started = await startGate(gate)
  const url = 'look' in started ? started.url : undefined
  const ending =
    'look' in started ? await waitFor({ scope, gate, started, startedAt, saidAt: startedAt }) : started
  const ms = context.clock.monotonic() - startedAt
  log.gates.push({ gate: gate.label, state: ending.state, url, ms })
  if (ending.state === 'passed') {
    context.reporter.info(`${nameOf(gate)}: passed after ${formatDuration(ms)}${linkTo(url)}`)
    return
  }
  // A run that went on would take a value to consumers that is about to be deleted.
  if ('look' in started && ending.state !== 'red') await started.stop?.().catch(() => undefined)
  throw ending.error ?? gateError(gate, ending, url)
}

/** Starts a gate; returns how it ended where it did not start. */
async function startGate(gate: Gate): Promise<StartedGate | Ending> {
  try {
    return await gate.start()
  } catch (thrown) {
    const { message, effect, hint } = asRotationError(thrown)
    return { state: effect === 'not-applied' ? 'red' : 'unknown', detail: message.replace(/\.$/, ''), hint }
  }
}

async function waitFor(waiting: Waiting): Promise<Ending> {
  const { scope, gate, startedAt } = waiting
  const { clock, random, cancelled } = scope.context
  const [firstDelayMs, maxDelayMs] = gate.paceMs
  try {
    for (let tries = 1; ; tries++) {
      const answer = await look(waiting)
      if (answer.state !== 'waiting') return answer
      throwIfCancelled(scope.context)
      await keepLease(scope)
      const left = gate.timeoutMs - (clock.monotonic() - startedAt)
      if (left <= 0)
        return answer.failed === true ? { ...answer, state: 'unknown' } : { ...answer, state: 'late' }
      say(waiting, answer.detail)
      const pace = backoffMs({ attempts: tries, firstDelayMs, maxDelayMs }, tries, random)
      const untilSaid = waiting.saidAt + PROGRESS_MS - clock.monotonic()
      await clock.sleep(Math.min(pace, left, untilSaid), cancelled)
    }
  } catch (thrown) {
    const error = asRotationError(thrown)
    return { state: error.code === 'cancelled' ? 'cancelled' : 'unknown', error }
  }
}

/** One look; one that failed counts as not yet, unless every other would fail too. */
async function look(waiting: Waiting): Promise<GateAnswer & { readonly failed?: true }> {
  const { gate, started } = waiting
  try {
    return await (gate.looksLong === true ? whileSaying(waiting, started.look()) : started.look())
  } catch (thrown) {
    const { code, message, hint } = asRotationError(thrown)
    const detail = message.replace(/\.$/, '')
    return LASTING.has(code)
      ? { state: 'unknown', detail, hint }
      : { state: 'waiting', detail, hint, failed: true }
  }
}

/** Reports progress and keeps the lease during a look that may take long. */
async function whileSaying(waiting: Waiting, looking: Promise<GateAnswer>): Promise<GateAnswer> {
  const { scope } = waiting
  const { clock } = scope.context
  const done = new AbortController()
  const ticking = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(PROGRESS_MS, done.signal)
      if (done.signal.aborted) return
      say(waiting, 'it has not ended')
      // A lease that cannot be renewed is met again after the look.
      await keepLease(scope).catch(() => undefined)
    }
  }
  const ticks = ticking()
  try {
    return await looking
  } finally {
    done.abort()
    await ticks
  }
}

/** Says once every quarter of a minute what is waited for. */
function say(waiting: Waiting, detail: string): void {
  const { scope, gate, started, startedAt } = waiting
  const now = scope.context.clock.monotonic()
  if (now - waiting.saidAt < PROGRESS_MS) return
  waiting.saidAt = now
  scope.context.reporter.info(
    `${nameOf(gate)}: waiting for ${formatDuration(now - startedAt)}; ${detail}${linkTo(started.url)}`
  )
}

const ENDINGS: Readonly<Partial<Record<GateState, string>>> = {
  red: 'failed',
  cancelled: 'was cancelled',
  unknown: 'may have failed'
}

function gateError(gate: Gate, { state, detail = '', hint }: Ending, url: string | undefined): RotationError {
  const how = ENDINGS[state] ?? `did not pass within ${formatDuration(gate.timeoutMs)}`
  const about = detail === '' ? '' : `: ${detail}`
  return new RotationError('rollout-failed', `${nameOf(gate)} ${how}${about}${linkTo(url)}.`, {
    hint: hint ?? 'See why consumers do not work with the new value, and run again.'
  })
}

function nameOf({ label }: Gate): string {
  return `Rollout gate "${label}"`
}

function linkTo(url: string | undefined): string {
  return url === undefined ? '' : ` (${url})`
}
