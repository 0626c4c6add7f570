import sealedbox from 'tweetnacl-sealedbox-js'
import type { Secret } from '../rotation/secret.ts'
import type { PublicKey } from './answers.ts'

/** Seals a value for one public key (libsodium's `crypto_box_seal`), in base64 as GitHub takes it. */
export function seal(value: Secret, { key }: PublicKey): string {
  const sealed = sealedbox.seal(Buffer.from(value.reveal(), 'utf8'), Buffer.from(key, 'base64'))
  return Buffer.from(sealed).toString('base64')
}
