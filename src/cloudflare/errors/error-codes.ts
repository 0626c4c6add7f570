/** Cloudflare's error codes that decide what happens next. */
export const API_CODES = {
  /** A value that is not a token, or no longer one. */
  invalidToken: 1000,
  /** A Secrets Store secret with a name that exists already. */
  nameTaken: 1003,
  /** An `Authorization` header that cannot hold a token. */
  malformedHeader: 6003,
  /** A token that is valid and lacks a permission. */
  lacksPermission: 10000,
  /** A key that Workers KV does not have. */
  keyNotFound: 10009,
  /** A binding of a Worker with a name that another binding has. */
  bindingTaken: 10053,
  /** Settings, or secrets in bulk, of a Worker whose newest version is not deployed. */
  settingsNotDeployed: 10214,
  /** A secret of a Worker whose newest version is not deployed. */
  notDeployed: 10215,
  /** A service token that a policy or a group names, so that it cannot be deleted. */
  serviceTokenInUse: 12139
} as const

/** What Cloudflare's error codes mean, as far as this program meets them; collected from Cloudflare's documentation and from reports. */
const MEANINGS: Readonly<Record<number, string>> = {
  971: 'too many requests: the token is blocked for some minutes',
  1000: 'invalid API token',
  1001: 'the request was not valid, or a thing it names does not exist',
  1003: 'not found, or a name that is already taken',
  6003: 'malformed Authorization header',
  6007: 'the body of the request is not JSON',
  6111: 'malformed Authorization header',
  7000: 'no such route',
  7003: 'no such account or route, or an id of the wrong form',
  7404: 'the D1 database does not exist',
  7500: 'the D1 database refused the statement',
  9106: 'the request has no token',
  9109: 'the token is not valid here, or its IP filter blocks this runner',
  10000: 'the token lacks a permission',
  10001: 'the request could not be authenticated',
  10007: 'the Worker does not exist',
  10009: 'the key does not exist',
  10013: 'the namespace does not exist',
  10053: 'a binding of the Worker has that name',
  10214: "the Worker's newest version is not deployed",
  10215: "the Worker's newest version is not deployed",
  10502: 'too many failed authentications',
  12130: 'a reusable policy cannot be changed through its application',
  12135: 'the Access object does not exist',
  12139: 'the service token is still named by a policy or a group',
  8000007: 'the Pages project does not exist'
}

/** Email Sending has codes of its own, some of which mean something else elsewhere; Cloudflare's documentation. */
const MAIL_MEANINGS: Readonly<Record<number, string>> = {
  10001: 'the mail is not valid',
  10002: 'an error of the service: the mail was not sent',
  10004: 'too many mails',
  10100: 'the service is not available: the mail was not sent',
  10102: 'the token may not send mail',
  10105: 'the account is not entitled to send mail',
  10200: 'the mail is not valid',
  10201: 'the mail is not valid',
  10202: 'the mail is not valid',
  10203: 'sending is disabled',
  10204: 'the domain of the sender is not set up for sending'
}

/** Codes with which Email Sending says that nothing was sent. */
const UNSENT_MAIL = new Set([10002, 10100])
const MAIL_PATH = /\/email\/sending\//

/** What one of Cloudflare's error codes means in an answer to a path; undefined for one that is not known. */
export function findMeaning(apiCode: number | undefined, path: string): string | undefined {
  if (apiCode === undefined) return undefined
  return (MAIL_PATH.test(path) ? MAIL_MEANINGS[apiCode] : undefined) ?? MEANINGS[apiCode]
}

/** Tells whether an error says that a mail was not sent, although its status leaves that open. */
export function isUnsentMail(apiCode: number | undefined, path: string): boolean {
  return apiCode !== undefined && MAIL_PATH.test(path) && UNSENT_MAIL.has(apiCode)
}
