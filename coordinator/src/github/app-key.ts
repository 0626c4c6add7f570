import { importPKCS8, SignJWT } from 'jose'

/** DER of `INTEGER 0, SEQUENCE { rsaEncryption, NULL }`: how PKCS#8 begins around the key of PKCS#1. */
const RSA_PREFIX = [
  0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
]

/** The key is no private RSA key in PEM. */
export class InvalidKeyError extends Error {
  override readonly name = 'InvalidKeyError'
}

/**
 * Signs the JWT with which an App proves itself.
 * @param pem PKCS#1, as GitHub gives it for download, or PKCS#8; line breaks may be written as `\n`
 * @throws InvalidKeyError
 */
export async function signAppToken({
  appId,
  pem,
  now
}: AppIdentity & { readonly now: number }): Promise<string> {
  const seconds = Math.floor(now / 1000)
  try {
    const key = await importPKCS8(toPkcs8(pem), 'RS256')
    // A minute back, since clocks differ; GitHub allows ten minutes in all.
    return await new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(appId)
      .setIssuedAt(seconds - 60)
      .setExpirationTime(seconds + 8 * 60)
      .sign(key)
  } catch {
    // The cause may quote the key.
    throw new InvalidKeyError('GITHUB_APP_PRIVATE_KEY is not a private RSA key in PEM.')
  }
}

/** App with its private key. */
export interface AppIdentity {
  readonly appId: string
  readonly pem: string
}

/** Wraps a PKCS#1 key as PKCS#8, the only form that WebCrypto imports. */
export function toPkcs8(pem: string): string {
  const text = pem.replaceAll('\\n', '\n').trim()
  const body = /^-----BEGIN RSA PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END RSA PRIVATE KEY-----$/.exec(
    text
  )?.[1]
  if (body === undefined) return text
  const key = Uint8Array.from(atob(body.replace(/\s/g, '')), (character) => character.charCodeAt(0))
  const octets = encode(0x04, key)
  const whole = encode(0x30, Uint8Array.from([...RSA_PREFIX, ...octets]))
  const base64 = btoa(String.fromCharCode(...whole)).replace(/.{64}/g, '$&\n')
  return `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`
}

/** Encodes a DER value with its tag and length. */
function encode(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Uint8Array.from([tag, ...size, ...content])
}
