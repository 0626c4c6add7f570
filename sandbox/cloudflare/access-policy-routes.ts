import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { presentAppPolicy, presentApplication, type Application } from './access-applications.ts'
import { answerAccessPage, readAccessJson } from './access-envelope.ts'
import { invalidAccessRequest } from './access-error.ts'
import { policyEntries, presentPolicy, type AccessPolicy } from './access-policies.ts'
import { permitted } from './authentication.ts'
import { answer, type CloudflareEnv } from './envelope.ts'

const reads = permitted('Access: Apps and Policies Read', 'Access: Apps and Policies Write')
const writes = permitted('Access: Apps and Policies Write')

const appPolicyEntries = {
  ...policyEntries,
  precedence: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1)))
}

/** `/accounts/{account_id}/access/policies` and `/access/apps`: each kind of policy is written through its own route. */
export function routeAccessPolicies(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/access/policies'

  app.get(root, reads, (c) =>
    answerAccessPage(c, c.env.cloudflare.access.policies.listed, (policy) => presentReusable(c, policy))
  )

  app.post(root, writes, (c) => {
    const { policies } = c.env.cloudflare.access
    return answer(
      c,
      presentReusable(c, policies.create(readAccessJson(c, policyEntries), { reusable: true }))
    )
  })

  app.get(`${root}/:policy_id`, reads, (c) => {
    const { policies } = c.env.cloudflare.access
    return answer(c, presentReusable(c, policies.getReusable(c.req.param('policy_id'))))
  })

  app.put(`${root}/:policy_id`, writes, (c) => {
    const { policies } = c.env.cloudflare.access
    const policy = policies.getReusable(c.req.param('policy_id'))
    policies.replace(policy, readAccessJson(c, policyEntries))
    return answer(c, presentReusable(c, policy))
  })

  app.delete(`${root}/:policy_id`, writes, (c) => {
    const { policies, applications } = c.env.cloudflare.access
    const policy = policies.getReusable(c.req.param('policy_id'))
    if (applications.countUsing(policy) > 0) throw invalidAccessRequest('an application uses the policy')
    policies.delete(policy)
    return answer(c, { id: policy.id })
  })

  routeApplications(app)
}

function routeApplications(app: Hono<CloudflareEnv>): void {
  const root = '/accounts/:account_id/access/apps'
  const policies = `${root}/:app_id/policies`

  app.get(root, reads, (c) => {
    const { name, domain, aud } = c.req.query()
    const found = c.env.cloudflare.access.applications.all
      .filter((application) => name === undefined || application.name.includes(name))
      .filter((application) => domain === undefined || application.domain.includes(domain))
      .filter((application) => aud === undefined || application.aud === aud)
    return answerAccessPage(c, found, (application) =>
      presentApplication(application, c.env.cloudflare.order)
    )
  })

  app.get(`${root}/:app_id`, reads, (c) => answer(c, presentApplication(locate(c), c.env.cloudflare.order)))

  app.get(policies, reads, (c) => {
    const application = locate(c)
    const { access, order } = c.env.cloudflare
    const linked = application.policies.map(({ policy }) => policy)
    return answerAccessPage(c, linked, (policy) => {
      const { reusable, ...shown } = presentAppPolicy(application, policy, order)
      return access.policies.showsReusable ? { ...shown, reusable } : shown
    })
  })

  app.post(policies, writes, (c) => {
    const application = locate(c)
    const body = readAccessJson(c, appPolicyEntries)
    const policy = c.env.cloudflare.access.applications.addPolicy(application, body)
    return answer(c, presentAppPolicy(application, policy, c.env.cloudflare.order))
  })

  app.get(`${policies}/:policy_id`, reads, (c) => {
    const application = locate(c)
    return answer(c, presentAppPolicy(application, locatePolicy(c, application), c.env.cloudflare.order))
  })

  app.put(`${policies}/:policy_id`, writes, (c) => {
    const application = locate(c)
    const policy = locatePolicy(c, application)
    c.env.cloudflare.access.applications.replacePolicy(
      application,
      policy,
      readAccessJson(c, appPolicyEntries)
    )
    return answer(c, presentAppPolicy(application, policy, c.env.cloudflare.order))
  })

  app.delete(`${policies}/:policy_id`, writes, (c) => {
    const application = locate(c)
    const policy = locatePolicy(c, application)
    c.env.cloudflare.access.applications.removePolicy(application, policy)
    return answer(c, { id: policy.id })
  })
}

function presentReusable(c: Context<CloudflareEnv>, policy: AccessPolicy) {
  const { access, accountId, order } = c.env.cloudflare
  const app_count = access.applications.countUsing(policy)
  return { ...presentPolicy(policy, order), account_id: accountId, reusable: true, app_count }
}

function locate(c: Context<CloudflareEnv>): Application {
  return c.env.cloudflare.access.applications.get(c.req.param('app_id') ?? '')
}

function locatePolicy(c: Context<CloudflareEnv>, application: Application): AccessPolicy {
  return c.env.cloudflare.access.applications.getPolicy(application, c.req.param('policy_id') ?? '')
}
