import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Secret, SecretRegistry } from '../../src/kernel/secret.ts'

const VALUE = 'cfat_s3cret-Value/with+signs=and~more'

describe('Secret', () => {
  const secret = new Secret(VALUE)
  it.each<readonly [string, () => string]>([
    ['String()', () => String(secret)],
    ['a template', () => `${secret.toString()}`],
    ['concatenation', () => '' + secret.toString()],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['inspect', () => inspect(secret, { depth: 9, showHidden: true })],
    ['inspect of an outer object', () => inspect({ a: { b: [secret] } }, { depth: 9 })],
    ['an error cause', () => inspect(new Error('x', { cause: { secret } }), { depth: 9 })],
    ['its keys', () => Object.entries(secret).join() + Reflect.ownKeys(secret).join()],
    ['a copy', () => JSON.stringify({ ...secret })],
    ['a structured clone', () => inspect(structuredClone(secret))]
  ])('does not show its value through %s', (_how, print) => {
    expect(print()).not.toContain('s3cret')
  })

  it('returns its value from reveal alone, and compares without it', () => {
    expect(secret.reveal()).toBe(VALUE)
    expect(secret.equals(new Secret(VALUE))).toBe(true)
    expect(secret.equals(new Secret(`${VALUE}x`))).toBe(false)
  })
})

describe('SecretRegistry', () => {
  it('masks a value and its encodings when it is first registered', () => {
    const masked: string[] = []
    const secrets = new SecretRegistry((value) => masked.push(value))
    secrets.register(VALUE)
    for (const form of [
      VALUE,
      Buffer.from(VALUE).toString('base64'),
      Buffer.from(VALUE).toString('base64url'),
      Buffer.from(VALUE).toString('hex'),
      encodeURIComponent(VALUE)
    ])
      expect(masked).toContain(form)
    const before = masked.length
    secrets.register(VALUE)
    expect(masked).toHaveLength(before)
  })

  it('refuses an empty value, which would mask everything', () => {
    expect(() => new SecretRegistry(() => undefined).register('')).toThrow(TypeError)
  })

  it('redacts a value from any text, plain or encoded, at any offset', () => {
    const text = fc.string({ maxLength: 12 })
    const values = fc.string({ minLength: 12, maxLength: 60, unit: fc.constantFrom(...'abcXYZ019_-+/=~.') })
    const encodings: readonly ((text: string) => string)[] = [
      (plain) => plain,
      (plain) => Buffer.from(plain).toString('hex'),
      (plain) => Buffer.from(plain).toString('hex').toUpperCase(),
      (plain) => encodeURIComponent(plain),
      (plain) => JSON.stringify(plain)
    ]
    fc.assert(
      fc.property(values, text, text, (value, before, after) => {
        const secrets = new SecretRegistry(() => undefined)
        secrets.register(value)
        for (const encode of encodings) {
          const clean = secrets.redact(before + encode(value) + after)
          expect(clean.includes(encode(value))).toBe(false)
        }
        for (const encoding of ['base64', 'base64url'] as const) {
          const clean = secrets.redact(Buffer.from(before + value + after).toString(encoding))
          // The rest decodes to no more than the ends of the value.
          expect(
            Buffer.from(clean.split('***').join(''), 'base64').toString('latin1').includes(value.slice(2, -2))
          ).toBe(false)
        }
      }),
      { seed: 1, numRuns: 200 }
    )
  })

  it('masks and redacts the SHA-256 of a value, which is the secret access key of a token for R2', () => {
    const masked: string[] = []
    const secrets = new SecretRegistry((value) => masked.push(value))
    secrets.register(VALUE)
    const digest = createHash('sha256').update(VALUE).digest('hex')
    expect(masked).toContain(digest)
    expect(secrets.redact(`the secret access key ${digest} is refused`)).toBe(
      'the secret access key *** is refused'
    )
  })

  it('redacts each line of a value with several lines, and the longest value first', () => {
    const secrets = new SecretRegistry(() => undefined)
    secrets.register('-----BEGIN\nline-one-of-it\nline-two-of-it')
    secrets.register('short-value')
    secrets.register('short-value-and-more')
    expect(secrets.redact('line-two-of-it')).toBe('***')
    expect(secrets.redact('short-value-and-more')).toBe('***')
  })

  it('does not redact text that only resembles a value', () => {
    const secrets = new SecretRegistry(() => undefined)
    secrets.register(VALUE)
    expect(secrets.redact('nothing to see: cfat_ and s3cr')).toBe('nothing to see: cfat_ and s3cr')
  })
})
