import type { Hono } from 'hono'
import { isoSeconds } from '../clock.ts'
import { authenticatedAnywhere } from './authentication.ts'
import { answerPage, type CloudflareEnv } from './envelope.ts'

/** `/accounts`: the accounts that the token of the call belongs to. */
export function routeAccounts(app: Hono<CloudflareEnv>): void {
  app.get('/accounts', authenticatedAnywhere, (c) => {
    const { accountId, clock } = c.env.cloudflare
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
