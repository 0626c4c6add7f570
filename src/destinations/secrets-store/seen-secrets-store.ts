import type { CoordinatorClient } from '../../coordinator/client.ts'
import type { Confirmation, WriteOutcome } from '../../rotation/model/destination.ts'
import { SecretsStore, type SecretsStoreOptions } from './secrets-store.ts'
import { waitUntilSeen } from './seen.ts'

/** What a {@link SeenSecretsStore} is built from. */
export interface SeenSecretsStoreOptions extends SecretsStoreOptions {
  readonly coordinator: CoordinatorClient
}

/** Cloudflare Secrets Store whose writes are confirmed only when the coordinator, a consumer like any other, sees the new values. */
export class SeenSecretsStore extends SecretsStore {
  readonly confirmsLate = true
  readonly #options: SeenSecretsStoreOptions

  constructor(options: SeenSecretsStoreOptions) {
    super(options)
    this.#options = options
  }

  override async confirm(outcomes: readonly WriteOutcome[]): Promise<readonly Confirmation[]> {
    const stored = await super.confirm(outcomes)
    const { coordinator, clock, cancelled, onWaiting } = this.#options
    const writes = outcomes.flatMap(({ write }, index) =>
      stored[index]?.state === 'confirmed' ? [write] : []
    )
    const onProgress = (message: string): void => onWaiting?.(`${this.label}: ${message}`)
    const seen = await waitUntilSeen(writes, { coordinator, clock, cancelled, onProgress })
    return outcomes.map(({ write }, index): Confirmation => seen.get(write) ?? stored[index] ?? UNREAD)
  }
}

const UNREAD: Confirmation = { state: 'absent', reason: 'was not read back' }
