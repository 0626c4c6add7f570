import type { Context } from 'hono'
import type { InferOutput, ObjectEntries, StrictObjectSchema } from 'valibot'
import * as v from 'valibot'
import { invalidAccessRequest } from './access-error.ts'
import { CloudflareError } from './cloudflare-error.ts'
import { answerPage, readJson, type CloudflareEnv } from './envelope.ts'

/** Reads the JSON body; unknown and read-only keys are a 400/12130, unless the sandbox is told to drop them. */
export function readAccessJson<E extends ObjectEntries>(
  c: Context<CloudflareEnv>,
  entries: E
): InferOutput<StrictObjectSchema<E, undefined>> {
  const { access } = c.env.cloudflare
  try {
    if (access.dropsUnknownFields) return readJson(c, v.object(entries))
    return readJson(c, v.strictObject(entries))
  } catch (error) {
    throw error instanceof CloudflareError ? invalidAccessRequest(error.message) : error
  }
}

/** Makes one page of an Access list; a page size above the cap is not refused but reduced, as `result_info` says. */
export function answerAccessPage<T extends { readonly id: string }>(
  c: Context<CloudflareEnv>,
  items: readonly T[],
  present: (item: T) => unknown
): Response {
  const { pageSizeCap } = c.env.cloudflare.access
  return answerPage(c, items, { defaultSize: 25, maxSize: 1000, cap: pageSizeCap, present })
}
