import * as core from '@actions/core'
import type { Progress } from '../rotation/ports.ts'

/** What main leaves for `post`; the runner logs it in debug mode, so that nothing secret may be in it. */
export interface ActionState {
  /** The owner of the locks, so that `post` is the same one. */
  readonly nonce: string
  /** Rotations whose lock main may have taken. */
  readonly locked: readonly string[]
  /** Rotations that main may have begun to write. */
  readonly written: readonly string[]
  /** Whether main came to its end. */
  readonly ended: boolean
}

/** Notes, for `post`, how far main has come; each note is on disk when the method returns. */
export class StateNotes implements Progress {
  readonly #locked = new Set<string>()
  readonly #written = new Set<string>()

  constructor(nonce: string) {
    core.saveState('nonce', nonce)
  }

  aboutToLock(rotation: string): void {
    this.#locked.add(rotation)
    core.saveState('locked', [...this.#locked].join(','))
  }

  aboutToWrite(rotation: string): void {
    this.#written.add(rotation)
    core.saveState('written', [...this.#written].join(','))
  }

  ended(): void {
    core.saveState('ended', 'true')
  }
}

/** Reads what main left. */
export function readState(): ActionState {
  const names = (key: string): readonly string[] =>
    core
      .getState(key)
      .split(',')
      .filter((name) => name !== '')
  return {
    nonce: core.getState('nonce'),
    locked: names('locked'),
    written: names('written'),
    ended: core.getState('ended') === 'true'
  }
}
