import sodium from 'libsodium-wrappers'
import type { SandboxClock } from '../clock.ts'
import type { Entropy } from '../random.ts'
import { GithubError } from './github-error.ts'

await sodium.ready

/** What every part of GitHub works with. */
export interface GithubContext {
  readonly clock: SandboxClock
  readonly entropy: Entropy
}

/** Who may read an organization's secret. */
export type SecretVisibility = 'all' | 'private' | 'selected'

/** A secret with its decrypted value; times are epoch milliseconds. */
export interface GithubSecret {
  readonly name: string
  value: string
  readonly createdAt: number
  updatedAt: number
  visibility: SecretVisibility | undefined
  selectedRepositoryIds: readonly number[]
}

/** What a PUT carries. */
export interface SealedSecret {
  readonly encryptedValue: string
  readonly keyId: string
  readonly visibility?: SecretVisibility
  readonly selectedRepositoryIds?: readonly number[]
}

interface KeyPair {
  readonly id: string
  readonly publicKey: string
  readonly publicBytes: Uint8Array
  readonly privateBytes: Uint8Array
}

/** GitHub's limit on one value: 48 KB. */
const valueLimitBytes = 48 * 1024

/** The secrets of one repository, environment or organization, with the key pair that seals them. */
export class SecretVault {
  readonly #context: GithubContext
  readonly #limit: number
  readonly #secrets = new Map<string, GithubSecret>()
  #keyPair: KeyPair | undefined

  constructor(context: GithubContext, { limit }: { limit: number }) {
    this.#context = context
    this.#limit = limit
  }

  get all(): readonly GithubSecret[] {
    return [...this.#secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Decrypted values by name: what a job would find in its `secrets`. */
  get values(): Record<string, string> {
    return Object.fromEntries(this.all.map(({ name, value }) => [name, value]))
  }

  get publicKey(): { key_id: string; key: string } {
    const { id, publicKey } = this.#keys()
    return { key_id: id, key: publicKey }
  }

  find(name: string): GithubSecret | undefined {
    return this.#secrets.get(name.toUpperCase())
  }

  /** Stores a value in plain, as a person does in the settings page. */
  put(
    name: string,
    value: string,
    access: Omit<Partial<SealedSecret>, 'encryptedValue' | 'keyId'> = {}
  ): void {
    this.#store(name, value, access)
  }

  /** Opens the box with the private key and stores what is in it; answers whether the secret is new. */
  putSealed(name: string, sealed: SealedSecret): boolean {
    const keys = this.#keys()
    if (sealed.keyId !== keys.id)
      throw new GithubError(422, 'Validation Failed: the key_id is not the current one')
    let value: string
    try {
      const box = sodium.from_base64(sealed.encryptedValue, sodium.base64_variants.ORIGINAL)
      value = sodium.to_string(sodium.crypto_box_seal_open(box, keys.publicBytes, keys.privateBytes))
    } catch {
      throw new GithubError(422, 'Validation Failed: the value was not encrypted with the public key')
    }
    if (Buffer.byteLength(value) > valueLimitBytes) {
      throw new GithubError(422, 'Validation Failed: the value is larger than 48 KB')
    }
    return this.#store(name, value, sealed)
  }

  delete(name: string): boolean {
    return this.#secrets.delete(name.toUpperCase())
  }

  #store(
    givenName: string,
    value: string,
    { visibility, selectedRepositoryIds }: Omit<Partial<SealedSecret>, 'encryptedValue' | 'keyId'>
  ): boolean {
    const name = givenName.toUpperCase()
    if (!/^[A-Z_][A-Z0-9_]*$/.test(name) || name.startsWith('GITHUB_')) {
      throw new GithubError(422, 'Validation Failed: secret names take letters, digits and underscores')
    }
    const now = this.#context.clock.now()
    const known = this.#secrets.get(name)
    if (known === undefined && this.#secrets.size >= this.#limit) {
      throw new GithubError(422, `Validation Failed: there can be no more than ${this.#limit} secrets`)
    }
    this.#secrets.set(name, {
      name,
      value,
      createdAt: known?.createdAt ?? now,
      updatedAt: now,
      visibility,
      selectedRepositoryIds: selectedRepositoryIds ?? []
    })
    return known === undefined
  }

  #keys(): KeyPair {
    if (this.#keyPair === undefined) {
      const { entropy } = this.#context
      const pair = sodium.crypto_box_seed_keypair(entropy.bytes(sodium.crypto_box_SEEDBYTES))
      this.#keyPair = {
        id: String(100_000_000_000_000 + entropy.integer(900_000_000_000_000)),
        publicKey: sodium.to_base64(pair.publicKey, sodium.base64_variants.ORIGINAL),
        publicBytes: pair.publicKey,
        privateBytes: pair.privateKey
      }
    }
    return this.#keyPair
  }
}
