/** Keys of an error's body with text for people, which may repeat what was sent. */
const WORDS = new Set(['message', 'documentation_url'])

/** Redacts secrets in the messages of a failed answer before they are cut. Codes stay: they decide. */
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
