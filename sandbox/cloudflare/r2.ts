/** Bucket of R2; each jurisdiction has its own buckets. */
export interface Bucket {
  readonly name: string
  readonly jurisdiction: Jurisdiction
  readonly keys: readonly string[]
}

/** Jurisdiction of a bucket, as resources of policies name it. */
export type Jurisdiction = 'default' | 'eu' | 'fedramp' | 'us'

/** Answer to the key of a token that is not active; Cloudflare does not document which one it is. */
export type DeadKeyAnswer = 'Unauthorized' | 'InvalidAccessKeyId' | 'SignatureDoesNotMatch' | 'AccessDenied'

/** R2 buckets of the account. */
export class R2Storage {
  deadKeyAnswer: DeadKeyAnswer = 'Unauthorized'
  readonly #buckets: Bucket[] = []

  addBucket(name: string, jurisdiction: Jurisdiction = 'default', keys: readonly string[] = []): Bucket {
    const bucket = { name, jurisdiction, keys }
    this.#buckets.push(bucket)
    return bucket
  }

  /** Finds a bucket; without a jurisdiction in any of them. */
  find(name: string, jurisdiction: Jurisdiction | undefined): Bucket | undefined {
    return this.#buckets.find(
      (bucket) => bucket.name === name && (jurisdiction === undefined || bucket.jurisdiction === jurisdiction)
    )
  }
}
