/** Request body, read once for the route, the transcript and the faults. */
export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly value: unknown; readonly text: string }
  | { readonly kind: 'invalid-json' }
  | { readonly kind: 'form'; readonly form: FormData }
  | { readonly kind: 'text'; readonly text: string }

const secretKeys = new Set(['value', 'encrypted_value', 'text', 'client_secret', 'params'])

/** Reads the body according to its content type. */
export async function readBody(request: Request): Promise<Body> {
  if (request.method === 'GET' || request.method === 'HEAD' || request.body === null) return { kind: 'none' }
  const contentType = request.headers.get('content-type') ?? ''
  if (contentType.startsWith('multipart/form-data')) return { kind: 'form', form: await request.formData() }
  const text = await request.text()
  if (text === '') return { kind: 'none' }
  if (!contentType.includes('json')) return { kind: 'text', text }
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown, text }
  } catch {
    return { kind: 'invalid-json' }
  }
}

/** Returns the body as the transcript keeps it, without anything that could be a secret's value. */
export function summarizeBody(body: Body): unknown {
  switch (body.kind) {
    case 'none':
      return undefined
    case 'json':
      return redact(body.value)
    case 'form':
      return Object.fromEntries([...body.form.keys()].map((key) => [key, '<secret>']))
    case 'text':
    case 'invalid-json':
      return '<secret>'
  }
}

function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secretKeys.has(key) ? '<secret>' : redact(inner)])
  )
}
