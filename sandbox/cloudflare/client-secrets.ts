/** Current or earlier secret of a service token; times are epoch milliseconds. */
interface ClientSecret {
  readonly value: string
  /** When the edge accepts it. */
  readonly usableFrom: number
  /** When it ends according to the API; the newest secret has no such time. */
  expiresAt: number | undefined
  /** When the edge refuses it. */
  refusedFrom: number
}

/** Time of a change and when the edge applies it, in epoch milliseconds. */
interface Moment {
  readonly now: number
  readonly effectiveFrom: number
}

/** Secrets of one service token: the current one, one previous, and ended ones. */
export class ClientSecrets {
  readonly #secrets: ClientSecret[] = []

  constructor(value: string, usableFrom: number) {
    this.#add(value, usableFrom)
  }

  get current(): string {
    return this.#secrets.at(-1)?.value ?? ''
  }

  /** When the previous secret ends or ended according to the API. */
  get previousExpiresAt(): number | undefined {
    return this.#secrets.at(-2)?.expiresAt
  }

  /** Every value, oldest first. */
  get values(): readonly string[] {
    return this.#secrets.map(({ value }) => value)
  }

  /** Whether a value was replaced more than once, so that it is not even the previous one. */
  isSuperseded(value: string): boolean {
    return this.#secrets.slice(0, -2).some((secret) => secret.value === value)
  }

  /** Whether the edge accepts a value at this time. */
  accepts(value: string, now: number): boolean {
    const secret = this.#secrets.find((known) => known.value === value)
    return secret !== undefined && secret.usableFrom <= now && now < secret.refusedFrom
  }

  /** Adds a new current secret; the previous one ends at the given time, and any older one now. */
  replace(
    { value, usableFrom }: { value: string; usableFrom: number },
    { previousExpiresAt, ...moment }: Moment & { previousExpiresAt: number }
  ): void {
    for (const older of this.#secrets.slice(0, -1)) {
      end(older, { ...moment, expiresAt: Math.min(older.expiresAt ?? moment.now, moment.now) })
    }
    for (const current of this.#secrets.slice(-1)) end(current, { ...moment, expiresAt: previousExpiresAt })
    this.#add(value, usableFrom)
  }

  /** Changes when the previous secret ends, if there is one. */
  movePreviousEnd(change: Moment & { expiresAt: number }): void {
    for (const previous of this.#secrets.slice(-2, -1)) end(previous, change)
  }

  #add(value: string, usableFrom: number): void {
    this.#secrets.push({ value, usableFrom, expiresAt: undefined, refusedFrom: Infinity })
  }
}

function end(secret: ClientSecret, { expiresAt, effectiveFrom }: Moment & { expiresAt: number }): void {
  const isLater = secret.expiresAt !== undefined && expiresAt > secret.expiresAt
  // The edge observes an end that was announced in time to the second; an unannounced one must propagate first.
  secret.refusedFrom = isLater ? expiresAt : Math.min(secret.refusedFrom, Math.max(expiresAt, effectiveFrom))
  secret.expiresAt = expiresAt
}
