import * as core from '@actions/core'
import { runUnfinished } from './run-action.ts'
import { readState } from './state.ts'

/**
 * Cleans up after a main that did not come to its end: releases its locks when it had written nothing else, and otherwise runs the rotations
 * that it had begun once more, so that the job ends in a known state.
 */
export async function runPost(): Promise<void> {
  const { nonce, locked, written, ended } = readState()
  if (ended || (locked.length === 0 && written.length === 0)) return
  const reclaim = locked.filter((name) => !written.includes(name))
  if (written.length > 0)
    core.info(`The run ended while it was writing (${written.join(', ')}): running that once more.`)
  if (reclaim.length > 0)
    core.info(`The run ended while it held a lock (${reclaim.join(', ')}): releasing it.`)
  await runUnfinished({ nonce, again: written, reclaim })
}
