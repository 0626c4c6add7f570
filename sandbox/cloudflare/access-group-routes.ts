import type { Context, Hono } from 'hono'
import { answerAccessPage, readAccessJson } from './access-envelope.ts'
import { groupEntries, presentGroup, type AccessGroup } from './access-groups.ts'
import { permitted } from './authentication.ts'
import { answer, type CloudflareEnv } from './envelope.ts'

const area = 'Access: Organizations, Identity Providers, and Groups'
const reads = permitted(`${area} Read`, `${area} Write`)
const writes = permitted(`${area} Write`)

/** `/accounts/{account_id}/access/groups`. */
export function routeAccessGroups(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/access/groups'

  app.get(root, reads, (c) => {
    const { name, search = '' } = c.req.query()
    const found = c.env.cloudflare.access.groups.all
      .filter((group) => name === undefined || group.body.current.name === name)
      .filter((group) => group.body.current.name.toLowerCase().includes(search.toLowerCase()))
    return answerAccessPage(c, found, (group) => presentGroup(group, c.env.cloudflare.order))
  })

  app.post(root, writes, (c) =>
    answerGroup(c, c.env.cloudflare.access.groups.create(readAccessJson(c, groupEntries)))
  )

  app.get(`${root}/:group_id`, reads, (c) =>
    answerGroup(c, c.env.cloudflare.access.groups.get(c.req.param('group_id')))
  )

  app.put(`${root}/:group_id`, writes, (c) => {
    const { groups } = c.env.cloudflare.access
    const group = groups.get(c.req.param('group_id'))
    groups.replace(group, readAccessJson(c, groupEntries))
    return answerGroup(c, group)
  })

  app.delete(`${root}/:group_id`, writes, (c) => {
    const { groups } = c.env.cloudflare.access
    const group = groups.get(c.req.param('group_id'))
    groups.delete(group)
    return answer(c, { id: group.id })
  })
}

function answerGroup(c: Context<CloudflareEnv>, group: AccessGroup): Response {
  return answer(c, presentGroup(group, c.env.cloudflare.order))
}
