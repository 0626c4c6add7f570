import sodium from 'libsodium-wrappers'

/**
 * Replaces libsodium's sealed boxes in this process by a fast fake without randomness: unreadable by eye, and opened only with the same key. The real
 * curves would take a fifth of a simulated run, are covered by other tests, and produce other bytes in each replay.
 */
export async function useFakeSealing(): Promise<void> {
  await sodium.ready
  Object.assign(sodium, { crypto_box_seal: sealFor, crypto_box_seal_open: openWith })
}

/** Opens a box of {@link useFakeSealing} with the public key in base64, which only a test can do. */
export function openFakeSeal(encrypted: string, publicKey: string): string {
  return Buffer.from(openWith(Buffer.from(encrypted, 'base64'), Buffer.from(publicKey, 'base64'))).toString(
    'utf8'
  )
}

const MAGIC = 0x5e

function sealFor(message: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const box = new Uint8Array(message.length + 1)
  box[0] = MAGIC ^ publicKey[0]!
  mix(message, publicKey, box.subarray(1))
  return box
}

function openWith(box: Uint8Array, publicKey: Uint8Array): Uint8Array {
  if (box[0] !== (MAGIC ^ publicKey[0]!)) throw new Error('incorrect key pair for the given ciphertext')
  const message = new Uint8Array(box.length - 1)
  mix(box.subarray(1), publicKey, message)
  return message
}

function mix(from: Uint8Array, key: Uint8Array, to: Uint8Array): void {
  for (let index = 0; index < from.length; index++) {
    to[index] = from[index]! ^ key[(index + 1) % key.length]! ^ ((index * 31) & 0xff) ^ 0x80
  }
}
