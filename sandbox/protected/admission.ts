import { BlockList, isIPv4 } from 'node:net'
import type { AccessRule } from 'cloudflare/resources/zero-trust/access/applications/policies'
import type { AnswerStyle, Application } from '../cloudflare/access-applications.ts'
import type { PolicyBody } from '../cloudflare/access-policies.ts'
import type { RuleSet } from '../cloudflare/access-rules.ts'
import type { Access } from '../cloudflare/access.ts'

/** Caller of a request, as far as the edge can tell. */
export interface CloudflareCall {
  /** Client id of the request, whether or not the pair is valid. */
  readonly clientId: string | undefined
  /** Service token whose pair is valid. */
  readonly tokenId: string | undefined
  readonly ip: string
}

/** Reads the pair of headers and checks it; a valid one counts as a use of the token. */
export function identify(access: Access, request: Request, now: number): CloudflareCall {
  const clientId = request.headers.get('cf-access-client-id') ?? undefined
  const secret = request.headers.get('cf-access-client-secret')
  const verdict =
    clientId === undefined || secret === null ? undefined : access.serviceTokens.classify(clientId, secret)
  if (verdict?.works !== true) return { clientId, tokenId: undefined, ip: access.callerIp }
  verdict.token.lastSeenAt = now
  return { clientId, tokenId: verdict.token.id, ip: access.callerIp }
}

/** Whether the application's policies, as the edge knows them now, admit a caller without an identity. */
export function isAdmitted(
  access: Access,
  { application, caller, now }: { application: Application; caller: CloudflareCall; now: number }
): boolean {
  if (caller.clientId !== undefined && application.refusedClientIds.has(caller.clientId)) return false
  // An Allow requires an identity, and a Deny comes after Bypass and Service Auth, whatever their precedence.
  return effectivePolicies(application, now)
    .filter(({ decision }) => decision === 'bypass' || decision === 'non_identity')
    .some((rules) => matches(access, { rules, caller, now }))
}

/** Answer of the application to a caller that it does not admit. */
export function answerStyleOf(access: Access, application: Application, now: number): AnswerStyle {
  if (application.answerStyle !== undefined) return application.answerStyle
  if (access.strictServiceAuth) return 'strict'
  if (application.serviceAuth401Redirect) return '401'
  const asksForIdentity = effectivePolicies(application, now).some(
    ({ decision }) => decision === 'allow' || decision === 'deny'
  )
  return asksForIdentity ? 'identity' : 'service-auth-only'
}

function effectivePolicies(application: Application, now: number): readonly PolicyBody[] {
  return application.policies
    .map(({ policy }) => policy.body.effective(now))
    .filter((body): body is PolicyBody => body !== undefined)
}

interface Question {
  readonly rules: RuleSet
  readonly caller: CloudflareCall
  readonly now: number
  /** Groups on the way here, so that a group that contains itself ends the recursion. */
  readonly within?: readonly string[]
}

function matches(access: Access, { rules, ...question }: Question): boolean {
  const fits = (rule: AccessRule): boolean => fitsRule(access, rule, question)
  const { include, exclude = [], require = [] } = rules
  return include.some(fits) && require.every(fits) && !exclude.some(fits)
}

function fitsRule(access: Access, rule: AccessRule, question: Omit<Question, 'rules'>): boolean {
  const { caller, now, within = [] } = question
  if ('everyone' in rule) return true
  if ('any_valid_service_token' in rule) return caller.tokenId !== undefined
  if ('service_token' in rule) return caller.tokenId === rule.service_token.token_id
  if ('ip' in rule) return isInside(caller.ip, rule.ip.ip)
  if ('group' in rule && !within.includes(rule.group.id)) {
    const rules = access.groups.find(rule.group.id)?.body.effective(now)
    return rules !== undefined && matches(access, { rules, caller, now, within: [...within, rule.group.id] })
  }
  // All other rules are about people and their devices.
  return false
}

function isInside(ip: string, range: string): boolean {
  const [address = '', bits] = range.split('/')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
  return list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6')
}
