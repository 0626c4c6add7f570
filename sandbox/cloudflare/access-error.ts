import { CloudflareError } from './cloudflare-error.ts'

/** 400/12130, Access's answer to any invalid request. */
export function invalidAccessRequest(message: string): CloudflareError {
  return new CloudflareError(400, { code: 12130, message: `access.api.error.invalid_request: ${message}` })
}

/** 404, with the code of the kind of object. */
export function noAccessObject(kind: 'service_token' | 'policy' | 'group' | 'application'): CloudflareError {
  const codes = { service_token: 12135, policy: 12017, group: 12036, application: 11021 }
  return new CloudflareError(404, { code: codes[kind], message: `access.api.error.${kind}_not_found` })
}

/** 400/12139: a rule names the service token to be deleted. */
export function serviceTokenInUse(): CloudflareError {
  return new CloudflareError(400, { code: 12139, message: 'access.api.error.service_token_in_use' })
}
