import type { TokenVerifyResponse } from 'cloudflare/resources/accounts/tokens/tokens'
import type { Hono } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import { presentToken, type TokenInput } from './account-tokens.ts'
import { authenticated, permitted } from './authentication.ts'
import { noRoute } from './cloudflare-error.ts'
import { answer, answerPage, readJson, type CloudflareEnv } from './envelope.ts'
import { permissionGroups } from './permission-groups.ts'
import { conditionInput } from './token-condition.ts'

const reads = permitted('Account API Tokens Read', 'Account API Tokens Write')
const writes = permitted('Account API Tokens Write')

const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'a time without milliseconds'))

const tokenInput = v.strictObject({
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(120)),
  policies: v.pipe(
    v.array(
      v.strictObject({
        effect: v.picklist(['allow', 'deny']),
        permission_groups: v.pipe(
          v.array(
            v.strictObject({ id: v.string(), meta: v.exactOptional(v.record(v.string(), v.string())) })
          ),
          v.minLength(1)
        ),
        resources: v.pipe(
          v.union([v.record(v.string(), v.string()), v.record(v.string(), v.record(v.string(), v.string()))]),
          v.check((resources) => Object.keys(resources).length > 0)
        )
      })
    ),
    v.minLength(1)
  ),
  condition: v.exactOptional(conditionInput),
  expires_on: v.exactOptional(time),
  not_before: v.exactOptional(time),
  status: v.exactOptional(v.picklist(['active', 'disabled', 'expired']))
})

/** `/accounts/{account_id}/tokens`: create, read, replace, delete, verify, roll, permission groups. */
export function routeAccountTokens(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/tokens'

  app.get(`${root}/verify`, authenticated, (c) => {
    const { cloudflare } = c.env
    if (c.req.param('account_id') !== cloudflare.accountId) throw noRoute(c.env.path)
    const token = c.get('token')
    const result: TokenVerifyResponse = { id: token.id, status: cloudflare.tokens.statusOf(token) }
    if (token.expiresOn !== undefined) result.expires_on = isoSeconds(token.expiresOn)
    if (token.notBefore !== undefined) result.not_before = isoSeconds(token.notBefore)
    return answer(c, result, {
      messages: [{ code: 10000, message: 'This API Token is valid and active', type: null }]
    })
  })

  app.get(`${root}/permission_groups`, reads, (c) => {
    const { name, scope } = c.req.query()
    const found = permissionGroups
      .filter((group) => name === undefined || group.name.toLowerCase().includes(name.toLowerCase()))
      .filter((group) => scope === undefined || group.scopes.some((known) => known === scope))
    const { order, tokens } = c.env.cloudflare
    return answer(
      c,
      order.shuffled(found).map((group) => ({ ...group, is_selectable: !tokens.unselectable.has(group.id) }))
    )
  })

  app.post(root, writes, (c) => {
    const { tokens } = c.env.cloudflare
    const token = tokens.create(readJson(c, tokenInput) satisfies TokenInput)
    return answer(c, { ...presentToken(tokens, token), value: token.value })
  })

  app.get(root, reads, (c) => {
    const { tokens } = c.env.cloudflare
    const withExpired = c.req.query('include_expired') === 'true'
    const shown = tokens.existing.filter((token) => withExpired || tokens.statusOf(token) !== 'expired')
    const direction = c.req.query('direction')
    if (direction === 'desc') shown.reverse()
    return answerPage(c, shown, {
      ordered: direction !== undefined,
      defaultSize: 20,
      maxSize: 50,
      present: (token) => presentToken(tokens, token)
    })
  })

  app.get(`${root}/:token_id`, reads, (c) => {
    const { tokens } = c.env.cloudflare
    return answer(c, presentToken(tokens, tokens.get(c.req.param('token_id'))))
  })

  app.put(`${root}/:token_id`, writes, (c) => {
    const { tokens } = c.env.cloudflare
    const token = tokens.replace(c.req.param('token_id'), readJson(c, tokenInput) satisfies TokenInput)
    return answer(c, presentToken(tokens, token))
  })

  app.delete(`${root}/:token_id`, writes, (c) => {
    const id = c.req.param('token_id')
    c.env.cloudflare.tokens.delete(id)
    return answer(c, { id })
  })

  app.put(`${root}/:token_id/value`, writes, (c) => {
    if (c.env.body.kind !== 'none') readJson(c, v.strictObject({}))
    return answer(c, c.env.cloudflare.tokens.roll(c.req.param('token_id')))
  })
}
