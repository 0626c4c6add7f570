import { inspect } from 'node:util'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Secret, SecretRegistry } from '../../src/kernel/secret.ts'

const VALUE = 'cfat_s3cret-Value/with+signs=and~more'

describe('a secret', () => {
  const secret = new Secret(VALUE)
  it.each<readonly [string, () => string]>([
    ['String()', () => String(secret)],
    ['a template', () => `${secret.toString()}`],
    ['adding', () => '' + secret.toString()],
    ['JSON', () => JSON.stringify({ secret, list: [secret] })],
    ['inspect', () => inspect(secret, { depth: 9, showHidden: true })],
    ['inspect inside', () => inspect({ a: { b: [secret] } }, { depth: 9 })],
    ['an error', () => inspect(new Error('x', { cause: { secret } }), { depth: 9 })],
    ['its keys', () => Object.entries(secret).join() + Reflect.ownKeys(secret).join()],
    ['a copy', () => JSON.stringify({ ...secret })],
    ['a structured clone', () => inspect(structuredClone(secret))]
  ])('is not shown by %s', (_how, print) => {
    expect(print()).not.toContain('s3cret')
  })

  it('is given by reveal alone, and compared without it', () => {
    expect(secret.reveal()).toBe(VALUE)
    expect(secret.equals(new Secret(VALUE))).toBe(true)
    expect(secret.equals(new Secret(`${VALUE}x`))).toBe(false)
  })
})

describe('the keeper', () => {
  it('masks a value at the moment it is first held, before it gives it out', () => {
    const masked: string[] = []
    const keeper = new SecretRegistry((value) => masked.push(value))
    keeper.register(VALUE)
    for (const form of [
      VALUE,
      Buffer.from(VALUE).toString('base64'),
      Buffer.from(VALUE).toString('base64url'),
      Buffer.from(VALUE).toString('hex'),
      encodeURIComponent(VALUE)
    ])
      expect(masked).toContain(form)
    const before = masked.length
    keeper.register(VALUE)
    expect(masked).toHaveLength(before)
  })

  it('refuses an empty value, which would mask everything', () => {
    expect(() => new SecretRegistry(() => undefined).register('')).toThrow(TypeError)
  })

  it('takes a value out of any text, plain or encoded, wherever it begins in it', () => {
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
        const keeper = new SecretRegistry(() => undefined)
        keeper.register(value)
        for (const encode of encodings) {
          const clean = keeper.redact(before + encode(value) + after)
          expect(clean.includes(encode(value))).toBe(false)
        }
        for (const encoding of ['base64', 'base64url'] as const) {
          const clean = keeper.redact(Buffer.from(before + value + after).toString(encoding))
          // What stays of it can't be turned back into more than the ends of the value.
          expect(
            Buffer.from(clean.split('***').join(''), 'base64').toString('latin1').includes(value.slice(2, -2))
          ).toBe(false)
        }
      }),
      { seed: 1, numRuns: 200 }
    )
  })

  it('takes out each line of a value with several, and the longest value first', () => {
    const keeper = new SecretRegistry(() => undefined)
    keeper.register('-----BEGIN\nline-one-of-it\nline-two-of-it')
    keeper.register('short-value')
    keeper.register('short-value-and-more')
    expect(keeper.redact('line-two-of-it')).toBe('***')
    expect(keeper.redact('short-value-and-more')).toBe('***')
  })

  it('leaves other text as it is', () => {
    const keeper = new SecretRegistry(() => undefined)
    keeper.register(VALUE)
    expect(keeper.redact('nothing to see: cfat_ and s3cr')).toBe('nothing to see: cfat_ and s3cr')
  })
})
