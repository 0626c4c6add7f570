import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import type { Share } from '../cloudflare/access-applications.ts'
import type { ProtectedEnv } from './app.ts'
import { serviceError } from './refusals.ts'

const weekSeconds = 604_800

const newShare = v.strictObject({
  bucket: v.pipe(v.string(), v.minLength(1)),
  path: v.pipe(v.string(), v.minLength(1)),
  expires_in: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(weekSeconds)),
  max_downloads: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)))
})

/** The service's own API: the caller's identity, and links to files that expire. */
export function routeShares(app: Hono<ProtectedEnv>): void {
  const root = '/:app/api/v2'

  app.get(`${root}/session/info`, (c) => {
    const { application } = c.var
    const { clientId, expiresAt } = c.var.session
    return c.json({
      type: 'service',
      subject: clientId ?? 'anonymous',
      client_id: clientId ?? null,
      aud: application.aud,
      scopes: application.scopes,
      expires_at: isoSeconds(expiresAt)
    })
  })

  app.post(`${root}/shares`, (c) => {
    const { application, session } = c.var
    const { body, cloudflare } = c.env
    const parsed = v.safeParse(newShare, body.kind === 'json' ? body.value : undefined)
    if (!parsed.success) return serviceError(400, 'invalid_request')
    const { bucket, path, expires_in, max_downloads } = parsed.output
    if (!application.scopes.includes('shares:write')) return serviceError(403, 'insufficient_scope')
    if (!application.buckets.has(bucket)) return serviceError(404, 'bucket_not_found')
    const now = cloudflare.clock.now()
    const share: Share = {
      id: c.env.newId(),
      ...{ bucket, path, maxDownloads: max_downloads },
      createdBy: session.clientId ?? 'anonymous',
      createdAt: now,
      expiresAt: now + expires_in * 1000
    }
    application.shares.set(share.id, share)
    return c.json(presentShare(c, share), 201)
  })

  app.get(`${root}/shares`, (c) => {
    const { bucket, path } = c.req.query()
    const now = c.env.cloudflare.clock.now()
    const found = [...c.var.application.shares.values()]
      .filter((share) => share.expiresAt > now)
      .filter((share) => bucket === undefined || share.bucket === bucket)
      .filter((share) => path === undefined || share.path === path)
    return c.json({ shares: found.map((share) => presentShare(c, share)) })
  })

  app.delete(`${root}/shares/:share_id`, (c) => {
    const isKnown = c.var.application.shares.delete(c.req.param('share_id'))
    return isKnown ? c.body(null, 204) : serviceError(404, 'share_not_found')
  })
}

function presentShare(c: Context<ProtectedEnv>, share: Share): Record<string, unknown> {
  return {
    id: share.id,
    bucket: share.bucket,
    path: share.path,
    url: `https://${c.var.application.domain}/s/${share.id}`,
    max_downloads: share.maxDownloads ?? null,
    downloads: 0,
    created_at: isoSeconds(share.createdAt),
    expires_at: isoSeconds(share.expiresAt)
  }
}
