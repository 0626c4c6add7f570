import { RotationError } from '../kernel/error.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { AlertPort } from './alert.ts'

/** `alert.type: none`: the failed workflow itself is all that is said. */
export const noAlert: AlertPort = {
  label: 'none',
  report: () => Promise.resolve(undefined),
  verify: () => Promise.resolve()
}

/** An alert by issue without a token to write it with: a failing run says that nobody is told. */
export const alertWithoutToken: AlertPort = {
  label: 'an issue, without a token',
  report: async ({ outcome }) => {
    if (isFailure(outcome)) throw withoutToken()
    return Promise.resolve(undefined)
  },
  verify: () => Promise.reject(withoutToken())
}

function withoutToken(): RotationError {
  return new RotationError('alert', 'The alert could not be raised: github-token is empty.', {
    hint: 'Leave the input github-token out, which is the token of the job, or set `alert: { type: none }`.'
  })
}
