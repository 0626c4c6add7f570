import { RotationError } from '../kernel/error.ts'
import { isFailure } from '../rotation/model/outcome.ts'
import type { AlertPort } from './alert.ts'

/** `alert.type: none`: only the workflow itself fails. */
export const noAlert: AlertPort = {
  label: 'none',
  report: () => Promise.resolve(undefined),
  verify: () => Promise.resolve()
}

/** Alert by issue without a token: a failing run reports that no alert could be raised. */
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
