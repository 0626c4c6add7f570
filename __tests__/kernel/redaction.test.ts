import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { SecretRegistry } from '../../src/kernel/secret.ts'

const TOKEN = 'cfat_Zx7Qw9Lm2Rt5Yb8Nk4Vc1Hs6Jd3Gf0Pa_9e8d7c6b5a4f3e2d'
const PATTERNED = 'q&A-w/"e<r>\\t\'y%u+i=o~P.s|d'

function redact(text: string, ...values: readonly string[]): string {
  const secrets = new SecretRegistry(() => undefined)
  for (const value of values.length === 0 ? [TOKEN] : values) secrets.register(value)
  return secrets.redact(text)
}

const eachCharacter = (encode: (character: string, index: number) => string) => (text: string) =>
  [...text].map(encode).join('')
const code = (character: string): number => character.codePointAt(0)!
const hex = (character: string, digits = 2): string => code(character).toString(16).padStart(digits, '0')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const wrapped = (text: string, columns: number, by: string): string =>
  text.replace(new RegExp(`.{${columns}}`, 'g'), `$&${by}`)

const ENCODINGS: readonly (readonly [string, (value: string) => string])[] = [
  ['as it is', (value) => value],
  ['with line breaks in it', (value) => wrapped(value, 7, '\r\n')],
  ['with white space between its characters', eachCharacter((character) => `${character} \t\u00a0`)],
  ['with colours between its characters', eachCharacter((character) => `\u001b[1;31m${character}\u001b[0m`)],
  ['with a terminal link around its characters', eachCharacter((one) => `\u001b]8;;x\u0007${one}`)],
  ['with zero-width characters', eachCharacter((character) => `\u200b${character}\u2060\ufeff\u00ad`)],
  [
    'in base64 that is wrapped at 64',
    (value) => wrapped(base64(`of it: ${value}, twice ${value}`), 64, '\n')
  ],
  [
    'in base64 that is wrapped at 76, indented',
    (value) => wrapped(base64(`x ${value} y ${value}`), 76, '\r\n  ')
  ],
  ['in base64 inside JSON', (value) => JSON.stringify(wrapped(base64(`x${value}`), 20, '\n'))],
  ['in hex', eachCharacter((character) => hex(character))],
  ['in hex with colons', (value) => [...value].map((one) => hex(one).toUpperCase()).join(':')],
  ['in hex with spaces', (value) => [...value].map((one) => hex(one)).join(' ')],
  ['in hex with dashes', (value) => [...value].map((one) => hex(one)).join('-')],
  ['as bytes of a program', (value) => [...value].map((one) => `0x${hex(one)}`).join(', ')],
  ['in percent escapes', eachCharacter((character) => `%${hex(character)}`)],
  ['in percent escapes of percent escapes', eachCharacter((character) => `%25${hex(character)}`)],
  ['in \\u escapes', eachCharacter((character) => `\\u${hex(character, 4)}`)],
  ['in \\u{} escapes', eachCharacter((character) => `\\u{${hex(character)}}`)],
  ['in \\x escapes', eachCharacter((character) => `\\x${hex(character)}`)],
  ['in HTML escapes, decimal', eachCharacter((character) => `&#${code(character)};`)],
  ['in HTML escapes, hex', eachCharacter((character) => `&#x${hex(character).toUpperCase()};`)],
  ['in JSON inside JSON', (value) => JSON.stringify(JSON.stringify({ value }))],
  [
    'in a mix of encodings',
    eachCharacter(
      (character, index) =>
        [
          character,
          `%${hex(character)}`,
          `\\u${hex(character, 4)}`,
          `&#${code(character)};`,
          `\u200b${character}`,
          `\\x${hex(character)}`,
          `&#x${hex(character)};`,
          `\n${character}`
        ][index % 8]!
    )
  ]
]

describe('redaction of secret values', () => {
  it.each(ENCODINGS)('redacts a value %s', (_how, encode) => {
    for (const value of [TOKEN, PATTERNED]) {
      const clean = redact(`before ${encode(value)} after`, value)
      expect(clean.length).toBeLessThan(100)
      expect(clean).toContain('***')
      expect(clean).not.toMatch(/Qw9L|5157394c|5a4f3e|w\/"e/)
    }
    expect(redact(`before: ${encode(TOKEN)}`)).toMatch(/^(before: |"|b)/)
  })

  it.each([12, 20, TOKEN.length - 1])(
    'redacts %i characters that a cut left of a value, at either end',
    (kept) => {
      expect(redact(`it said ${TOKEN.slice(0, kept)}`)).toBe('it said ***')
      expect(redact(`${TOKEN.slice(-kept)} it said`)).toBe('*** it said')
      expect(redact(`<${TOKEN.slice(1, 1 + kept)}>`)).toBe('<***>')
    }
  )

  it('redacts a part of a value in hex or base64', () => {
    const part = Buffer.from(TOKEN.slice(3, 40))
    expect(redact(`<${part.toString('hex')}>`)).toBe('<***>')
    expect(redact(part.toString('base64url'))).toMatch(/^\w{0,3}\*\*\*\w{0,3}$/)
  })

  it('leaves fewer than 12 characters of a value, in any encoding', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_/+-]{16,60}$/),
        fc.integer({ min: 0, max: 48 }),
        fc.integer({ min: 12, max: 60 }),
        fc.constantFrom(...ENCODINGS.slice(0, 6)),
        (value, from, length, [, encode]) => {
          const part = value.slice(from, from + length)
          if (part.length < 12) return
          expect(redact(`(${encode(part)})`, value).replace(/[^A-Za-z0-9_/+-]/g, '').length).toBeLessThan(12)
        }
      ),
      { seed: 3, numRuns: 300 }
    )
  })

  it('redacts each of 500 values', () => {
    const values = Array.from({ length: 500 }, (_, index) =>
      `value-${index}-${'abcdefghij'[index % 10]}`.repeat(3)
    )
    const secrets = new SecretRegistry(() => undefined)
    for (const value of values) secrets.register(value)
    expect(secrets.redact(values.map((value) => `<${value}>`).join(' '))).toBe(
      values.map(() => '<***>').join(' ')
    )
  })

  it('redacts a value of 9 characters, also across a line break', () => {
    expect(redact('PIN 4711-0815, again 4711-\n0815', '4711-0815')).toBe('PIN ***, again ***')
  })
})

describe('text that is not a secret value', () => {
  it.each([
    ['fewer than 12 characters of a value', TOKEN.slice(0, 11)],
    ['the prefix of a token', 'cfat_ tokens begin with cfat_'],
    ['a client id', '88bf3b6d86161464f6509f7219099e57.access'],
    ['a token id', 'ed17574386854bf78a67040be0a770b0'],
    ['a timestamp', '2026-11-24T13:30:46Z'],
    ['a number', '31323334353637383930'],
    ['escapes of other characters', '%41%42 \\u0041 &#65; &amp; \\n \u001b[31mred\u001b[0m'],
    ['plain text', 'PRIMARY is as it was, and works as it did.\n\tAnd a second line.']
  ])('does not redact %s', (_what, text) => {
    expect(redact(text)).toBe(text)
  })

  it('does not redact a value of fewer than four characters', () => {
    for (const value of ['1', 'e', 'abc'])
      expect(redact('1 abc e rotated 2026-11-24', value)).toBe('1 abc e rotated 2026-11-24')
  })

  it('keeps the text around a redacted value unchanged', () => {
    expect(redact(`a b\n\u001b[1m${TOKEN}\u001b[0m  c &amp; d`)).toBe('a b\n\u001b[1m***\u001b[0m  c &amp; d')
  })
})
