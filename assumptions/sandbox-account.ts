import { systemClock, type SandboxClock } from '../sandbox/clock.ts'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import { seedAccessAutomation } from '../sandbox/seed-access.ts'
import type { AccountOptions } from './account.ts'

/** The permission groups that trying every assumption takes. */
export const PERMISSIONS = [
  'Account API Tokens Write',
  'Access: Service Tokens Write',
  'Access: Apps and Policies Write',
  'Access: Organizations, Identity Providers, and Groups Write',
  'Secrets Store Write',
  'Workers KV Storage Write',
  'D1 Write'
] as const

/** A sandbox with an account that holds other things too, and what the command is to be told of it. */
export interface SandboxAccount {
  readonly sandbox: Sandbox
  readonly options: Omit<AccountOptions, 'fetch' | 'clock' | 'random' | 'cloudflareApiUrl' | 'githubApiUrl'>
}

/** Makes it; two tokens, an application and an environment with an odd name are there already. */
export function createSandboxAccount({
  clock = systemClock,
  random = Math.random
}: { clock?: SandboxClock; random?: () => number } = {}): SandboxAccount {
  const sandbox = createSandbox({ clock, random })
  const { account } = seedAccessAutomation(sandbox)
  const { value } = sandbox.cloudflare.tokens.seed({ name: 'assumptions', groups: PERMISSIONS })
  account.repository.addEnvironment('eu west/production')
  const github = sandbox.github.addToken({
    kind: 'pat',
    name: 'octocat',
    permissions: { secrets: 'write', environments: 'write', actions: 'read', issues: 'write' }
  })
  return {
    sandbox,
    options: {
      cloudflareToken: value,
      accountId: account.accountId,
      githubToken: github.value,
      weakGithubToken: account.githubToken.value,
      repository: account.repository.fullName,
      environment: 'eu west/production',
      isLive: false
    }
  }
}
