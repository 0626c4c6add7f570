import { createPrivateKey, createPublicKey } from 'node:crypto'
import sodium from 'libsodium-wrappers'
import type { SandboxClock } from '../clock.ts'
import type { Entropy } from '../random.ts'
import { GithubError } from './github-error.ts'

/** Shared context of every part of GitHub. */
export interface GithubContext {
  readonly clock: SandboxClock
  readonly entropy: Entropy
  /** Decides the order of lists for which GitHub promises none. */
  readonly order: Entropy
}

/** Visibility of an organization's secret. */
export type SecretVisibility = 'all' | 'private' | 'selected'

/** Secret with its decrypted value; times are epoch milliseconds. */
export interface GithubSecret {
  readonly name: string
  value: string
  readonly createdAt: number
  updatedAt: number
  visibility: SecretVisibility | undefined
  selectedRepositoryIds: readonly number[]
}

/** Body of a PUT. */
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

/** GitHub's size limit of one value: 48 KB. */
const valueLimitBytes = 48 * 1024

/** Secrets of one repository, environment or organization, with the key pair that seals them. */
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

  /** Stores a plain value, as a person does in the settings page. */
  put(
    name: string,
    value: string,
    access: Omit<Partial<SealedSecret>, 'encryptedValue' | 'keyId'> = {}
  ): void {
    this.#store(name, value, access)
  }

  /** Opens a sealed box with the private key and stores its value; returns whether the secret is new. */
  async putSealed(name: string, sealed: SealedSecret): Promise<boolean> {
    await sodium.ready
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
      const privateBytes = entropy.bytes(32)
      const publicBytes = derivePublicKey(privateBytes)
      this.#keyPair = {
        id: String(100_000_000_000_000 + entropy.integer(900_000_000_000_000)),
        publicKey: Buffer.from(publicBytes).toString('base64'),
        publicBytes,
        privateBytes
      }
    }
    return this.#keyPair
  }
}

/** Prefix of the 32 bytes of an X25519 key in PKCS #8, by RFC 8410. */
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')

/** Made with Node.js, since libsodium is ready only after a while and a key is needed at once. */
function derivePublicKey(privateBytes: Uint8Array): Uint8Array {
  const key = createPrivateKey({
    key: Buffer.concat([X25519_PKCS8, privateBytes]),
    format: 'der',
    type: 'pkcs8'
  })
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url')
}
