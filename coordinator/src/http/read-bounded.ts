/** The body is larger than the limit. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError'
}

/** Reads a body and stops at the limit, whatever length the sender states. @throws TooLargeError */
export async function readBounded(body: ReadableStream | null, limit: number): Promise<string> {
  if (body === null) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let bytes = 0
  let whole = ''
  for (;;) {
    const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array }
    if (done || value === undefined) return whole + decoder.decode()
    bytes += value.byteLength
    if (bytes > limit) {
      await reader.cancel()
      throw new TooLargeError(`The body may have at most ${limit} bytes.`)
    }
    whole += decoder.decode(value, { stream: true })
  }
}
