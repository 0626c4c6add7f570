/** Keys of an error's body under which an API puts words for people, in which it may repeat what it was sent. */
const WORDS = new Set(['message', 'documentation_url'])

/** Takes secrets out of the words of a failed answer, before anything of them is cut. Codes are left as they are: they decide. */
export function redactMessages(body: unknown, redact: (text: string) => string): unknown {
  if (Array.isArray(body)) return body.map((item: unknown) => redactMessages(item, redact))
  if (typeof body !== 'object' || body === null) return body
  return Object.fromEntries(
    Object.entries(body).map(([key, value]: [string, unknown]) => [
      key,
      typeof value === 'string' && WORDS.has(key) ? redact(value) : redactMessages(value, redact)
    ])
  )
}
