import type { ChildProcess } from 'node:child_process'
import type { Call } from '../../sandbox/transcript.ts'
import type { Stage } from './stage.ts'

/** The moment at which a signal is sent to main. */
export interface Moment {
  readonly at: (call: Call, index: number) => boolean
  /** Before the API carries the call out, or after; a call during which the process is killed before is never carried out. */
  readonly when: 'before' | 'after'
}

/** Sends a signal to main when the first call that matches begins, and holds that call until the process is gone or has heard it. */
export function interruptAt(
  stage: Stage,
  match: RegExp,
  signal: NodeJS.Signals
): (child: ChildProcess, phase: 'main' | 'post') => void {
  return interrupting(stage, signal, {
    at: ({ method, path }) => match.test(`${method} ${path}`),
    when: 'before'
  }).onStart
}

/** A signal that is still to be sent, or was. */
export interface Interruption {
  readonly onStart: (child: ChildProcess, phase: 'main' | 'post') => void
  /** The call during which it was sent. */
  readonly call: Call | undefined
  /** From the signal to the end of main, in milliseconds; undefined before it. */
  readonly endedAfterMs: number | undefined
}

/** Sends a signal to main at a moment, counting its calls from 1, and holds that call until the process is gone or has heard it. */
export function interrupting(stage: Stage, signal: NodeJS.Signals, { at, when }: Moment): Interruption {
  let target: ChildProcess | undefined
  let index = 0
  let fatal: Call | undefined
  let endedAfterMs: number | undefined
  const stop = stage.sandbox.onCall(async ({ phase, call }) => {
    if (target === undefined) return
    if (phase === 'before' && fatal === undefined && at(call, ++index)) fatal = call
    if (call !== fatal || phase !== when) return
    stop()
    const child = target
    const sentAt = performance.now()
    const gone = exited(child).then(() => {
      endedAfterMs = performance.now() - sentAt
    })
    const heard = signal === 'SIGKILL' ? gone : said(child, signal)
    child.kill(signal)
    await heard
    if (signal === 'SIGKILL' && when === 'before') throw new TypeError('fetch failed')
  })
  return {
    onStart: (child, phase) => {
      if (phase === 'main') target = child
    },
    get call() {
      return fatal
    },
    get endedAfterMs() {
      return endedAfterMs
    }
  }
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** The action and the command say at once which signal they got. */
function said(child: ChildProcess, signal: string): Promise<void> {
  return new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: string) => {
        if (chunk.includes(signal)) resolve()
      })
  })
}
