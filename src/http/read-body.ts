/** The beginning of a body. */
export interface ReadBody {
  /** Decoded as UTF-8. */
  readonly text: string
  /** There was more, which was not read. */
  readonly cut: boolean
}

/**
 * Reads a body up to a number of bytes, counted after decompression, and stops the transfer there. Rejects with the signal's reason when it is aborted.
 */
export async function readBody(
  response: Response,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal }
): Promise<ReadBody> {
  if (response.body === null) return { text: '', cut: false }
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const chunks: Uint8Array[] = []
  let left = maxBytes
  let cut = false
  const abort = rejectOnAbort(signal)
  try {
    while (!cut) {
      const { done, value } = await Promise.race([reader.read(), abort.aborted])
      if (done) break
      cut = value.length > left
      chunks.push(cut ? value.subarray(0, left) : value)
      left -= value.length
    }
  } finally {
    abort.forget()
    // An unread rest must not keep the connection open.
    reader.cancel().catch(() => undefined)
  }
  return { text: new TextDecoder().decode(Buffer.concat(chunks)), cut }
}

/** A promise that rejects on an abort: `fetch` ends its own bodies, but not bodies from elsewhere. */
function rejectOnAbort(signal: AbortSignal): {
  readonly aborted: Promise<never>
  readonly forget: () => void
} {
  let end = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    end = () => reject(signal.reason as Error)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  aborted.catch(() => undefined)
  return { aborted, forget: () => signal.removeEventListener('abort', end) }
}
