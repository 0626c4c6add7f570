/**
 * Tells whether a host is this machine: `localhost`, an address of 127.0.0.0/8, or `::1`, with or without brackets.
 * @param host a host name or address, as `URL.hostname` gives it, without a port
 */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true
  const octets = /^127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host)
  return octets?.slice(1).every((octet) => Number(octet) <= 255) ?? false
}

/**
 * Says what keeps a credential from being sent to a URL; undefined when it may be.
 * @returns the end of a sentence that begins with the place of the URL
 */
export function findUnsafeUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return 'must be an https URL'
  if (url.username !== '' || url.password !== '')
    return 'must have no user and no password in front of its host'
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return undefined
  return 'must begin with https://, since the credential is sent there (http:// is possible for localhost, 127.0.0.0/8 and [::1] only)'
}

/** The token of the coordinator is sent to this address: over TLS, or without leaving the machine. */
export function isCoordinatorUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { search, hash } = new URL(value)
  return search + hash === '' && findUnsafeUrl(value) === undefined
}

/**
 * Says what is wrong with the root of an API, as the end of a sentence; undefined for https, or http on this machine, for a sandbox: tokens go there.
 */
export function findApiUrlProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL'
  const { username, password, search, hash, protocol, hostname } = new URL(text)
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    return 'must have no user, query or fragment'
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return undefined
  return 'must begin with https://, since tokens are sent there (http:// is possible on this machine only)'
}
