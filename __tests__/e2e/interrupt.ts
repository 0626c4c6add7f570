import type { ChildProcess } from 'node:child_process'
import type { Stage } from './stage.ts'

/** Sends a signal to main when the nth call that matches begins, and holds that call until the process is gone or has heard it. */
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
    const heard = signal === 'SIGKILL' ? exited(child) : said(child, signal)
    child.kill(signal)
    await heard
  })
  return (child, phase) => {
    if (phase === 'main') target = child
  }
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** The action says at once which signal it got. */
function said(child: ChildProcess, signal: string): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: string) => {
      if (chunk.includes(signal)) resolve()
    })
  })
}
