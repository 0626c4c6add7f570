/** One value that a service token has or had; times are epoch milliseconds. */
interface ClientSecret {
  readonly value: string
  /** From when on the edge knows it. */
  readonly usableFrom: number
  /** When the API says that it ends; the newest secret has no such time. */
  expiresAt: number | undefined
  /** From when on the edge refuses it. */
  refusedFrom: number
}

/** A point of time and when the edge hears of what is done then, in epoch milliseconds. */
interface Moment {
  readonly now: number
  readonly effectiveFrom: number
}

/** The secrets of one service token: the current one, one previous, and those that are over. */
export class ClientSecrets {
  readonly #secrets: ClientSecret[] = []

  constructor(value: string, usableFrom: number) {
    this.#add(value, usableFrom)
  }

  get current(): string {
    return this.#secrets.at(-1)?.value ?? ''
  }

  /** When the API says that the previous secret ends or ended. */
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

  /** Whether the edge takes a value at this time. */
  accepts(value: string, now: number): boolean {
    const secret = this.#secrets.find((known) => known.value === value)
    return secret !== undefined && secret.usableFrom <= now && now < secret.refusedFrom
  }

  /** A new current secret; the one before it ends when it is said to, and any older one now. */
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

  /** Lets the previous secret, if there is one, end at another time. */
  movePreviousEnd(change: Moment & { expiresAt: number }): void {
    for (const previous of this.#secrets.slice(-2, -1)) end(previous, change)
  }

  #add(value: string, usableFrom: number): void {
    this.#secrets.push({ value, usableFrom, expiresAt: undefined, refusedFrom: Infinity })
  }
}

function end(secret: ClientSecret, { expiresAt, effectiveFrom }: Moment & { expiresAt: number }): void {
  const isLater = secret.expiresAt !== undefined && expiresAt > secret.expiresAt
  // An end that was announced in time is kept to the second; one that comes as a surprise has to get around first.
  secret.refusedFrom = isLater ? expiresAt : Math.min(secret.refusedFrom, Math.max(expiresAt, effectiveFrom))
  secret.expiresAt = expiresAt
}
