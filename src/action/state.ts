import * as core from '@actions/core'
import type { RunState } from '../rotation/model/ports.ts'
import { describeFileError } from './runner-files.ts'

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

/**
 * Notes, for `post`, how far main has come; each note is on disk when the method returns. Where none can be written, that is warned about: the run
 * goes on, and what `post` would have cleaned up is left to the next run.
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
        `The state for the end of the job could not be saved (${describeFileError(thrown)}): if this run is ended from outside, its lock stays until it expires, and the next run puts in order what it left.`
      )
    }
  }
}

const NONCE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
/** As the configuration has it. */
const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
/** Most rotations that a configuration can have. */
const MAX_NAMES = 500

/**
 * Reads what main left, as data: a command of a probe can write it too. Whatever is not the name of a rotation is left out; without a nonce
 * that is one, there is nothing that main can have locked or begun.
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
