import { describe, expect, it } from '@jest/globals'
import { findPairProblem, formatPair, readPair, type PairFormat } from '../../src/kernel/pair.ts'

const TEXTS = { 'client-id': 'an-id.access', 'client-secret': 'a secret = with "signs"' }
const JSON_PAIR: PairFormat = {
  format: 'json',
  keys: { 'client-id': 'client-id', 'client-secret': 'client-secret' }
}
const ENV_PAIR: PairFormat = { format: 'env', keys: { 'client-id': 'CF_ID', 'client-secret': 'CF_SECRET' } }

describe('a pair in one secret', () => {
  it('is a JSON object with the names of the fields as keys', () => {
    expect(JSON.parse(formatPair(TEXTS, JSON_PAIR))).toEqual(TEXTS)
    expect(readPair(formatPair(TEXTS, JSON_PAIR), JSON_PAIR)).toEqual(TEXTS)
  })

  it('is a JSON object with the configured keys', () => {
    const pair = { ...JSON_PAIR, keys: { 'client-id': 'id', 'client-secret': 'secret' } }
    expect(readPair('{ "secret": "b", "id": "a" }', pair)).toEqual({ 'client-id': 'a', 'client-secret': 'b' })
  })

  it('is lines of variables', () => {
    expect(formatPair({ 'client-id': 'a', 'client-secret': 'b' }, ENV_PAIR)).toBe('CF_ID=a\nCF_SECRET=b\n')
    expect(readPair('# made by hand\n\nCF_SECRET="b"\r\nCF_ID=a', ENV_PAIR)).toEqual({
      'client-id': 'a',
      'client-secret': 'b'
    })
  })

  it.each([
    [
      'no JSON',
      'no-json-at-all',
      JSON_PAIR,
      'is not a JSON object with the keys client-id and client-secret'
    ],
    ['a list', '["a", "b"]', JSON_PAIR, 'is not a JSON object'],
    ['one of two', '{"client-id": "a"}', JSON_PAIR, 'has no text for client-secret'],
    ['a number', '{"client-id": "a", "client-secret": 7}', JSON_PAIR, 'has no text for client-secret'],
    ['an empty text', '{"client-id": "a", "client-secret": ""}', JSON_PAIR, 'has no text for client-secret'],
    ['more', '{"client-id": "a", "client-secret": "b", "url": "c"}', JSON_PAIR, 'has 1 more key than'],
    [
      'a missing line',
      'CF_ID=a',
      ENV_PAIR,
      'has no text for CF_SECRET: it must be lines of CF_ID=… and CF_SECRET=…'
    ],
    ['more lines', 'CF_ID=a\nCF_SECRET=b\nURL=c\nX=d', ENV_PAIR, 'has 2 more keys than CF_ID and CF_SECRET']
  ])('is refused with %s', (_what, text, pair, problem) => {
    expect(findPairProblem(text, pair)).toContain(problem)
    expect(readPair(text, pair)).toBeUndefined()
  })

  it('is refused without showing what the secret holds', () => {
    for (const text of ['a-secret-value-that-leaks', '{"a-secret-value-that-leaks": "x"}'])
      expect(findPairProblem(text, JSON_PAIR)).not.toContain('leaks')
  })
})
