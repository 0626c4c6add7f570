import type { Hono } from 'hono'
import { isoSeconds } from '../clock.ts'
import { authenticatedAnywhere } from './authentication.ts'
import { invalidRequest } from './cloudflare-error.ts'
import { answerPage, type CloudflareEnv } from './envelope.ts'

/** `/accounts`: the accounts that a user's token sees; a token of an account may not ask. */
export function routeAccounts(app: Hono<CloudflareEnv>): void {
  app.get('/accounts', authenticatedAnywhere, (c) => {
    const { accountId, clock, tokens } = c.env.cloudflare
    if (tokens.findByValue(c.get('token').value) !== undefined)
      throw invalidRequest('List accounts endpoint does not support account owned tokens.')
    return answerPage(c, [{ id: accountId }], {
      ordered: false,
      defaultSize: 20,
      maxSize: 50,
      present: ({ id }) => ({
        id,
        name: "Ada's Account",
        type: 'standard',
        created_on: isoSeconds(clock.now())
      })
    })
  })
}
