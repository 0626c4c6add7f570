import type { RunState } from '../rotation/model/ports.ts'

/** Notes how far a run has come, to say what stays when it is ended at once. */
export class RunNotes implements RunState {
  readonly #locked = new Set<string>()
  readonly #written = new Set<string>()

  beforeLock(rotation: string): void {
    this.#locked.add(rotation)
  }

  beforeWrite(rotation: string): void {
    this.#written.add(rotation)
  }

  /** Describes what the run leaves behind where it ends now. */
  describe(): string {
    if (this.#locked.size === 0 && this.#written.size === 0) return 'Ended at once. Nothing was written.'
    const lock = `The lock of ${list(this.#locked)} may remain until it expires (lock.ttl).`
    if (this.#written.size === 0) return `Ended at once. Nothing but the lock was written. ${lock}`
    return (
      `Ended at once, while ${list(this.#written)} was being written: destinations may differ, new credentials may be left over, and what a slot held still works. ` +
      `${lock} The next rotation after that repairs the rest.`
    )
  }
}

function list(names: ReadonlySet<string>): string {
  return [...names].join(', ')
}
