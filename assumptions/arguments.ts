import type { AccountOptions } from './account.ts'

/** What the command was asked to do. */
export interface Request {
  readonly isLive: boolean
  /** Only the assumptions whose ids begin so. */
  readonly only: string
}

/** What an environment says of the account and the repository. */
export type LiveOptions = Omit<AccountOptions, 'fetch' | 'clock' | 'random'>

/** Why the command does not begin, one sentence each. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reasons: readonly string[]

  constructor(reasons: readonly string[]) {
    super(reasons.join('\n'))
    this.reasons = reasons
  }
}

const NEEDED: Readonly<Record<string, string>> = {
  CLOUDFLARE_API_TOKEN: 'an account API token that may write what the assumptions make',
  CLOUDFLARE_ACCOUNT_ID: 'the id of the account that is tried',
  GITHUB_TOKEN: 'a token that may write secrets of the repository',
  GITHUB_REPOSITORY: 'the repository that is tried, as owner/name'
}

/** Reads the arguments of the command. @throws Refused */
export function readRequest(args: readonly string[]): Request {
  let isLive = false
  let only = ''
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--live') isLive = true
    else if (arg === '--only' && rest.length > 0) only = rest.shift() ?? ''
    else throw new Refused([`${arg} is not an option: there are --live and --only <beginning of an id>.`])
  }
  return { isLive, only }
}

/** Reads what is tried with `--live`. @throws Refused */
export function readLiveOptions(env: Readonly<Record<string, string | undefined>>): LiveOptions {
  const given = (name: string): string | undefined => (env[name] === '' ? undefined : env[name])
  const missing = Object.keys(NEEDED).filter((name) => given(name) === undefined)
  if (missing.length > 0)
    throw new Refused(missing.map((name) => `Set ${name} for --live: ${NEEDED[name] ?? ''}.`))
  return {
    cloudflareApiUrl: given('CLOUDFLARE_API_BASE_URL') ?? 'https://api.cloudflare.com/client/v4',
    cloudflareToken: given('CLOUDFLARE_API_TOKEN') ?? '',
    accountId: given('CLOUDFLARE_ACCOUNT_ID') ?? '',
    githubApiUrl: given('GITHUB_API_URL') ?? 'https://api.github.com',
    githubToken: given('GITHUB_TOKEN') ?? '',
    repository: given('GITHUB_REPOSITORY') ?? '',
    environment: given('GITHUB_ENVIRONMENT'),
    weakGithubToken: given('GITHUB_WEAK_TOKEN'),
    storeId: given('SECRETS_STORE_ID'),
    namespaceId: given('KV_NAMESPACE_ID'),
    databaseId: given('D1_DATABASE_ID'),
    isLive: true
  }
}
