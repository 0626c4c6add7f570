import type { ChildProcess } from 'node:child_process'
import type { Stage } from './stage.ts'

/** Sends a signal to main when the nth call that matches begins, and holds that call until the process is gone or goes on. */
export function interruptAt(
  stage: Stage,
  match: RegExp,
  signal: NodeJS.Signals
): (child: ChildProcess, phase: 'main' | 'post') => void {
  let target: ChildProcess | undefined
  const stop = stage.sandbox.onCall(async ({ phase, call }) => {
    if (phase !== 'before' || target === undefined || !match.test(`${call.method} ${call.path}`)) return
    stop()
    const child = target
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    if (signal === 'SIGKILL') await gone
  })
  return (child, phase) => {
    if (phase === 'main') target = child
  }
}
