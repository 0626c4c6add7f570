import type { TokenVerifyResponse } from 'cloudflare/resources/accounts/tokens/tokens'
import type { Hono, MiddlewareHandler } from 'hono'
import * as v from 'valibot'
import { isoSeconds } from '../clock.ts'
import type { AccountTokens, TokenInput } from './account-tokens.ts'
import { authenticated, authenticatedUser, permitted, permittedUser } from './authentication.ts'
import { answer, answerPage, readJson, type CloudflareEnv } from './envelope.ts'
import { isUserScoped, permissionGroups } from './permission-groups.ts'
import { presentToken } from './present-token.ts'
import type { CloudflareState } from './state.ts'
import { conditionInput } from './token-condition.ts'

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

/** Where the tokens of one kind of owner are, and who may call their routes. */
interface TokenRoutes {
  readonly root: '/accounts/:account_id/tokens' | '/user/tokens'
  readonly tokensOf: (cloudflare: CloudflareState) => AccountTokens
  readonly verifies: MiddlewareHandler<CloudflareEnv>
  readonly reads: MiddlewareHandler<CloudflareEnv>
  readonly writes: MiddlewareHandler<CloudflareEnv>
}

/** `/accounts/{account_id}/tokens`: create, read, replace, delete, verify, roll, permission groups. */
export function routeAccountTokens(app: Hono<CloudflareEnv>): void {
  routeTokens(app, {
    root: '/accounts/:account_id/tokens',
    tokensOf: ({ tokens }) => tokens,
    verifies: authenticated,
    reads: permitted('Account API Tokens Read', 'Account API Tokens Write'),
    writes: permitted('Account API Tokens Write')
  })
}

/** `/user/tokens`: the same for the tokens of a user, which account tokens cannot call. */
export function routeUserTokens(app: Hono<CloudflareEnv>): void {
  routeTokens(app, {
    root: '/user/tokens',
    tokensOf: ({ userTokens }) => userTokens,
    verifies: authenticatedUser,
    reads: permittedUser('API Tokens Read', 'API Tokens Write'),
    writes: permittedUser('API Tokens Write')
  })
}

function routeTokens(
  app: Hono<CloudflareEnv>,
  { root, tokensOf, verifies, reads, writes }: TokenRoutes
): void {
  app.get(`${root}/verify`, verifies, (c) => {
    const token = c.get('token')
    const status = tokensOf(c.env.cloudflare).statusOf(token)
    const result: TokenVerifyResponse = { id: token.id, status }
    if (token.expiresOn !== undefined) result.expires_on = isoSeconds(token.expiresOn)
    if (token.notBefore !== undefined) result.not_before = isoSeconds(token.notBefore)
    return answer(c, result, {
      messages: [{ code: 10000, message: 'This API Token is valid and active', type: null }]
    })
  })

  app.get(`${root}/permission_groups`, reads, (c) => {
    const { name, scope } = c.req.query()
    const tokens = tokensOf(c.env.cloudflare)
    const found = permissionGroups
      .filter(({ id }) => tokens.owner.isUser || !isUserScoped(id))
      .filter((group) => name === undefined || group.name.toLowerCase().includes(name.toLowerCase()))
      .filter((group) => scope === undefined || group.scopes.some((known) => known === scope))
    const { order } = c.env.cloudflare
    return answer(
      c,
      order.shuffled(found).map((group) => ({ ...group, is_selectable: !tokens.unselectable.has(group.id) }))
    )
  })

  app.post(root, writes, (c) => {
    const tokens = tokensOf(c.env.cloudflare)
    const token = tokens.create(readJson(c, tokenInput) satisfies TokenInput)
    return answer(c, { ...presentToken(tokens, token), value: token.value })
  })

  app.get(root, reads, (c) => {
    const tokens = tokensOf(c.env.cloudflare)
    const withExpired = c.req.query('include_expired') === 'true'
    const shown = tokens.seen.filter((token) => withExpired || tokens.statusOf(token) !== 'expired')
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
    const tokens = tokensOf(c.env.cloudflare)
    return answer(c, presentToken(tokens, tokens.get(c.req.param('token_id'))))
  })

  app.put(`${root}/:token_id`, writes, (c) => {
    const tokens = tokensOf(c.env.cloudflare)
    const token = tokens.replace(c.req.param('token_id'), readJson(c, tokenInput) satisfies TokenInput)
    return answer(c, presentToken(tokens, token))
  })

  app.delete(`${root}/:token_id`, writes, (c) => {
    const id = c.req.param('token_id')
    tokensOf(c.env.cloudflare).delete(id)
    return answer(c, { id })
  })

  app.put(`${root}/:token_id/value`, writes, (c) => {
    if (c.env.body.kind !== 'none') readJson(c, v.strictObject({}))
    return answer(c, tokensOf(c.env.cloudflare).roll(c.req.param('token_id')))
  })
}
