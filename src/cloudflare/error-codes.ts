/** What Cloudflare's error codes mean, as far as this program meets them; collected from Cloudflare's documentation and from reports. */
const MEANINGS: Readonly<Record<number, string>> = {
  971: 'too many requests: the token is blocked for some minutes',
  1000: 'invalid API token',
  1001: 'the request was not valid, or a thing it names does not exist',
  1003: 'not found, or a name that is already taken',
  6003: 'malformed Authorization header',
  7003: 'no such account or route',
  7404: 'the D1 database does not exist',
  7500: 'the D1 database refused the statement',
  9109: 'the token is not valid here, or its IP filter blocks this runner',
  10000: 'the token lacks a permission',
  10007: 'the Worker does not exist',
  10009: 'the key does not exist',
  10013: 'the namespace does not exist',
  10215: "the Worker's newest version is not deployed",
  10502: 'too many failed authentications',
  12130: 'a reusable policy can not be changed through its application',
  12135: 'the Access object does not exist',
  12139: 'the service token is still named by a policy or a group'
}

/** What one of Cloudflare's error codes means; undefined for one that is not known. */
export function findMeaning(apiCode: number): string | undefined {
  return MEANINGS[apiCode]
}
