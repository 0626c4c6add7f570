import type { CoordinatorClient } from '../../coordinator/client.ts'
import type { Secret } from '../../kernel/secret.ts'
import type { Confirmation, SlotWrite, WriteOutcome } from '../../rotation/model/destination.ts'
import type { CredentialObject } from '../../rotation/model/ports.ts'
import { SecretsStore, type SecretsStoreOptions } from './secrets-store.ts'
import { SEEN_MS, waitUntilSeen } from './seen.ts'

/** What a {@link SeenSecretsStore} is built from. */
export interface SeenSecretsStoreOptions extends SecretsStoreOptions {
  readonly coordinator: CoordinatorClient
  /** The value that the run was given for a secret. */
  readonly given: (secret: string) => Secret | undefined
}

/** Value that this run wrote, or may have written. */
interface Written {
  readonly value: Secret
  /** By the monotonic clock, in milliseconds. */
  readonly at: number
  isSeen: boolean
}

/** Cloudflare Secrets Store whose writes are confirmed only when the coordinator, a consumer like any other, sees the new values. */
export class SeenSecretsStore extends SecretsStore {
  readonly confirmsLate = true
  readonly #options: SeenSecretsStoreOptions
  /** By secret, oldest first. */
  readonly #written = new Map<string, Written[]>()

  constructor(options: SeenSecretsStoreOptions) {
    super(options)
    this.#options = options
  }

  override async write(writes: readonly SlotWrite[]): Promise<readonly WriteOutcome[]> {
    const outcomes = await super.write(writes)
    const at = this.#options.clock.monotonic()
    for (const { write, effect } of outcomes) {
      if (effect === 'not-applied') continue
      const written = this.#written.get(write.secret) ?? []
      this.#written.set(write.secret, [...written, { value: write.value, at, isSeen: false }])
    }
    return outcomes
  }

  override async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    const stored = await super.confirm(outcomes)
    const { coordinator, clock, cancelled, onWaiting } = this.#options
    const writes = outcomes.flatMap(({ write }, index) =>
      stored[index]?.state === 'confirmed' ? [write] : []
    )
    const onProgress = (message: string): void => onWaiting?.(`${this.label}: ${message}`)
    const notBefore = (secret: string): number => this.#settledAt(secret)
    const seen = await waitUntilSeen(writes, { coordinator, clock, cancelled, onProgress, notBefore })
    for (const [{ secret }, { state }] of seen) {
      if (state === 'confirmed') for (const one of this.#written.get(secret) ?? []) one.isSeen = true
    }
    return outcomes.map(({ write }, index): Confirmation => seen.get(write) ?? stored[index] ?? UNREAD)
  }

  /**
   * What fell out of a slot is kept until consumers see what is in the slot: the run that wrote it may have been killed before they did. For what this
   * run wrote, {@link confirm} tells.
   * @throws RotationError where the coordinator does not answer
   */
  async findReasonToWait(_object: CredentialObject, secrets: readonly string[]): Promise<string | undefined> {
    const now = this.#options.clock.monotonic()
    const late = [
      ...secrets.filter((secret) => now < this.#settledAt(secret)),
      ...(await this.#findUnseen(secrets.filter((secret) => !this.#written.has(secret))))
    ]
    if (late.length === 0) return undefined
    return `the coordinator may not see the value of ${late.join(', ')} in ${this.label} yet`
  }

  async #findUnseen(secrets: readonly string[]): Promise<readonly string[]> {
    const { coordinator, given } = this.#options
    const expected = secrets.flatMap((secret) => {
      const value = given(secret)
      return value === undefined ? [] : [{ secret, value }]
    })
    if (expected.length === 0) return []
    const isSeen = await coordinator.see(expected.map(({ secret }) => secret))
    return expected.flatMap(({ secret, value }) => (isSeen(secret, value) === true ? [] : [secret]))
  }

  /** When consumers no longer come to see a value that this run has overwritten before they saw it; by the monotonic clock. */
  #settledAt(secret: string): number {
    const written = this.#written.get(secret) ?? []
    const last = written.at(-1)?.value.reveal()
    const unseen = written.filter(({ value, isSeen }) => !isSeen && value.reveal() !== last)
    return Math.max(0, ...unseen.map(({ at }) => at + SEEN_MS))
  }
}

const UNREAD: Confirmation = { state: 'absent', reason: 'was not read back' }
