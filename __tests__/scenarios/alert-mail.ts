import type { SentMail } from '../../sandbox/cloudflare/email.ts'
import { configure } from '../../simulation/configurations.ts'
import { CALLS } from '../../simulation/calls.ts'
import { BOOTSTRAP, type RunOptions, type World, type WorldRun } from '../../simulation/world.ts'

/** Alerts by Cloudflare's mail. */
export const MAIL = {
  type: 'email',
  from: 'rotation@example.com',
  to: ['ops@example.com', 'oncall@example.com']
} as const

/** The default configuration with alerts by Cloudflare's mail. */
export const MAILED = configure(BOOTSTRAP, { top: { auth: { email: 'MAIL_TOKEN' }, alert: MAIL } })

/** Runs as a workflow does: with a token that may send, and a run that ends as GitHub would say. */
export async function runMailed(world: World, options: RunOptions = {}): Promise<WorldRun> {
  const token = world.sandbox.cloudflare.tokens.seed({ name: 'mail', groups: ['Email Sending Write'] })
  const env = { ...world.environment(), MAIL_TOKEN: token.value }
  const run = await world.run({ configuration: MAILED, env, ...options })
  conclude(world, run)
  return run
}

/** Lets GitHub say how a run ended. */
export function conclude({ account }: World, { runId, record }: WorldRun): void {
  const ended = account.repository.runs.find(({ id }) => id === runId)!
  ended.status = 'completed'
  ended.conclusion = ['failed', 'rolled-back', 'unhealthy'].includes(record.outcome) ? 'failure' : 'success'
}

/** Every mail that was sent. */
export function mailsOf({ sandbox }: World): readonly SentMail[] {
  return sandbox.cloudflare.email.sent
}

/** Lets rotations fail until it is told to stop. */
export function breakCreation({ sandbox }: World): () => void {
  return sandbox.faults.add({
    match: { operation: CALLS.createToken, count: Infinity },
    when: 'before',
    answer: { status: 400 }
  })
}
