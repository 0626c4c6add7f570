import sodium from 'libsodium-wrappers'
import type { Secret } from '../kernel/secret.ts'
import type { PublicKey } from './answers.ts'

/** Seals a value for one public key (libsodium's `crypto_box_seal`), in base64 as GitHub takes it. */
export async function seal(value: Secret, { key }: PublicKey): Promise<string> {
  await sodium.ready
  const sealed = sodium.crypto_box_seal(Buffer.from(value.reveal(), 'utf8'), Buffer.from(key, 'base64'))
  return Buffer.from(sealed).toString('base64')
}
