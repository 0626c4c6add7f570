import type { SandboxClock } from '../clock.ts'
import type { Entropy } from '../random.ts'
import { Access } from './access.ts'
import { AccountTokens, type AccountToken, type TokenVerdict } from './account-tokens.ts'
import { D1Storage } from './d1.ts'
import { EmailSending } from './email.ts'
import { KvStorage } from './kv.ts'
import { PagesProjects } from './pages-projects.ts'
import { R2Storage } from './r2.ts'
import { RateLimit } from './rate-limit.ts'
import { SecretsStores } from './secrets-stores.ts'
import { USER_OWNER } from './token-owner.ts'
import { WorkerScripts } from './worker-scripts.ts'

/** Shared context of every part of the account. */
export interface CloudflareContext {
  readonly clock: SandboxClock
  readonly entropy: Entropy
  /** Decides what Cloudflare does not promise: the order of sets and lists, and optional fields of answers. */
  readonly order: Entropy
  readonly accountId: string
  /** User who owns the user tokens. */
  readonly userId: string
}

/** Cloudflare account that tests inspect, fill and adjust. */
export class CloudflareState {
  readonly accountId: string
  readonly userId: string
  readonly clock: SandboxClock
  readonly order: Entropy
  readonly tokens: AccountTokens
  readonly userTokens: AccountTokens
  readonly secretsStores: SecretsStores
  readonly kv: KvStorage
  readonly d1: D1Storage
  readonly access: Access
  readonly r2: R2Storage
  readonly email: EmailSending
  readonly workers: WorkerScripts
  readonly pages: PagesProjects
  readonly rateLimit: RateLimit
  /** Whether a list says how many entries and pages it has; the SDK's types promise only `page` and `per_page`. */
  showsTotals = true
  /** What lists show of an object instead of its own fields, by its id: not every object has the form that is documented. */
  readonly oddities = new Map<string, object>()
  /** IP address of callers, for tokens with an IP condition. */
  callerIp = '203.0.113.7'
  /** Answer to an invalid token on routes other than verify: 401/1000 or 403/9109, both of which were seen. */
  invalidTokenAnswer: 'invalid' | 'unauthorized' = 'invalid'
  /** Answer to a call about another account: 403/9109, or 404/7003 as for an invalid id. */
  foreignAccountAnswer: 'unauthorized' | 'route' = 'unauthorized'

  constructor(context: CloudflareContext) {
    this.accountId = context.accountId
    this.userId = context.userId
    this.clock = context.clock
    this.order = context.order
    this.tokens = new AccountTokens(context)
    this.userTokens = new AccountTokens(context, USER_OWNER)
    this.secretsStores = new SecretsStores(context)
    this.kv = new KvStorage(context)
    this.d1 = new D1Storage(context)
    this.access = new Access(context)
    this.r2 = new R2Storage()
    this.email = new EmailSending(context)
    this.workers = new WorkerScripts(context)
    this.pages = new PagesProjects(context)
    this.rateLimit = new RateLimit(context.clock)
  }

  /** Finds the token of either owner with this value. */
  findToken(value: string): AccountToken | undefined {
    return this.tokens.findByValue(value) ?? this.userTokens.findByValue(value)
  }

  /** Whether a value authenticates now as a token of either owner, and why not. */
  classifyToken(value: string): TokenVerdict {
    const { tokens, userTokens } = this
    return (userTokens.findByValue(value) === undefined ? tokens : userTokens).classify(value)
  }
}
