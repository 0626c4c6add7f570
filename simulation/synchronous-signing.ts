import { createHash, createHmac } from 'node:crypto'

/** Key as the replaced `importKey` makes it. */
interface FakeKey {
  readonly raw: Uint8Array
}

/**
 * Replaces what signing a request of S3 uses of Web Crypto in this process by the same functions without threads: a signature would take turns of the
 * event loop, during which virtual time advances, and no replay would take the same course.
 */
export function useSynchronousSigning(): void {
  const replaced = {
    digest: (_algorithm: string, content: Uint8Array) =>
      Promise.resolve(toArrayBuffer(createHash('sha256').update(content).digest())),
    importKey: (_format: string, raw: Uint8Array | ArrayBuffer): Promise<FakeKey> =>
      Promise.resolve({ raw: new Uint8Array(raw) }),
    sign: (_algorithm: string, { raw }: FakeKey, content: Uint8Array) =>
      Promise.resolve(toArrayBuffer(createHmac('sha256', raw).update(content).digest()))
  }
  for (const [name, value] of Object.entries(replaced))
    Object.defineProperty(crypto.subtle, name, { value, configurable: true, writable: true })
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}
