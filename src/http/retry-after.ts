/**
 * The wait that `retry-after` asks for, in milliseconds: a number of seconds or an HTTP date, which counts from the `date` of the same answer, since the
 * runner's clock may be wrong. Undefined where no wait is asked for.
 * @param now the runner's own time, in milliseconds since the epoch, for an answer without a `date`
 */
export function findRetryAfter(headers: Headers, now: number): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const until = parseHttpDate(text)
  if (until === undefined) return undefined
  return Math.max(0, until - (parseHttpDate(headers.get('date') ?? '') ?? now))
}

/** `Wed, 21 Oct 2026 07:28:00 GMT`; the two older forms of RFC 9110 are read too. */
function parseHttpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
