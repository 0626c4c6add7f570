import { describe, expect, it } from '@jest/globals'
import { RotationError, withContext, type ErrorChanges } from '../../src/kernel/error.ts'

const call = { method: 'GET', path: '/accounts', status: 404 }
const original = new RotationError('not-found', 'It is not there.', {
  hint: 'Check the id.',
  retryable: true,
  effect: 'unknown',
  call
})

describe('RotationError.with', () => {
  it.each<[string, ErrorChanges, object]>([
    ['nothing', {}, {}],
    ['the code', { code: 'permission' }, { code: 'permission' }],
    ['the message', { message: 'It is gone.' }, { message: 'It is gone.' }],
    ['the hint', { hint: 'Check the account.' }, { hint: 'Check the account.' }],
    ['the hint with undefined', { hint: undefined }, { hint: undefined }],
    ['the effect', { effect: 'applied' }, { effect: 'applied' }],
    ['retryable', { retryable: false }, { retryable: false }]
  ])('replaces %s of an error and keeps everything else', (_, changes, replaced) => {
    const { code, message, hint, retryable, effect, call: failed, cause } = original.with(changes)
    expect({ code, message, hint, retryable, effect, call: failed }).toEqual({
      ...{ code: 'not-found', message: 'It is not there.', hint: 'Check the id.' },
      ...{ retryable: true, effect: 'unknown', call },
      ...replaced
    })
    expect(cause).toBe(original)
  })
})

it('puts the context in front of the message of an error', () => {
  expect(withContext(original, 'The lock').message).toBe('The lock: It is not there.')
  expect(withContext(new Error('boom'), 'The lock')).toMatchObject({
    code: 'internal',
    message: 'The lock: Unexpected error: boom'
  })
})
