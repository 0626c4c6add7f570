import * as core from '@actions/core'
import type { RunState } from '../rotation/model/ports.ts'
import { describeFileError } from './runner-files.ts'

/** State that main leaves for `post`. It must not contain a secret, since the runner logs it in debug mode. */
export interface ActionState {
  /** Owner of the locks, so that `post` acts as the same one. */
  readonly nonce: string
  /** Rotations whose lock main may hold. */
  readonly locked: readonly string[]
  /** Rotations that main may have begun to write. */
  readonly written: readonly string[]
  /** Whether main finished. */
  readonly ended: boolean
}

/**
 * Saves for `post` how far main has come; the state is on disk when a method returns. Where it cannot be saved, a warning says so and the run
 * continues: the next run cleans up instead of `post`.
 */
export class PostState implements RunState {
  readonly #locked = new Set<string>()
  readonly #written = new Set<string>()
  #warned = false

  constructor(nonce: string) {
    this.#save('nonce', nonce)
  }

  beforeLock(rotation: string): void {
    this.#locked.add(rotation)
    this.#save('locked', [...this.#locked].join(','))
  }

  beforeWrite(rotation: string): void {
    this.#written.add(rotation)
    this.#save('written', [...this.#written].join(','))
  }

  ended(): void {
    this.#save('ended', 'true')
  }

  #save(name: string, value: string): void {
    try {
      core.saveState(name, value)
    } catch (thrown) {
      if (this.#warned) return
      this.#warned = true
      core.warning(
        `The state for the end of the job could not be saved (${describeFileError(thrown)}): if this run is killed, its lock stays until it expires, and the next run cleans up.`
      )
    }
  }
}

const NONCE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** Name of a rotation, as in the configuration. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
/** Most rotations that a configuration can have. */
const MAX_NAMES = 500

/**
 * Reads the state that main left, without trust: a command of a probe can write it too. Everything but names of rotations is dropped; without a
 * valid nonce main cannot have locked or written anything.
 */
export function readState(read: (key: string) => string = (key) => core.getState(key)): ActionState {
  const names = (key: string): readonly string[] =>
    read(key)
      .split(',', MAX_NAMES)
      .filter((name) => NAME.test(name))
  const nonce = read('nonce')
  const ours = NONCE.test(nonce)
  return {
    nonce: ours ? nonce : '',
    locked: ours ? names('locked') : [],
    written: ours ? names('written') : [],
    ended: read('ended') === 'true'
  }
}
