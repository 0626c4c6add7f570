import { createSign, generateKeyPairSync } from 'node:crypto'

/** Pair of keys of a GitHub App. */
export interface AppKey {
  /** PKCS#1, as GitHub gives it for download. */
  readonly pkcs1: string
  readonly pkcs8: string
  readonly publicKey: string
}

/** Creates a pair of keys. */
export function createAppKey(): AppKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    pkcs1: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    pkcs8: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString()
  }
}

/** Signs the JWT of an App. */
export function signAppToken(claims: object, { pkcs1 }: AppKey): string {
  const [header, payload] = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url')
  )
  const signature = createSign('RSA-SHA256').update(`${header}.${payload}`).sign(pkcs1, 'base64url')
  return `${header}.${payload}.${signature}`
}
