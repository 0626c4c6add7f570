/**
 * `npm run assumptions [-- --live] [-- --only <beginning of an id>]`: tries every assumption about a platform, on a sandbox that it starts on a
 * loopback port, or with `--live` on the account and the repository that the environment names.
 */
import { createVirtualClock, systemClock } from '../sandbox/clock.ts'
import { serveSandbox } from '../sandbox/server.ts'
import { Account } from './account.ts'
import { assumptions } from './areas.ts'
import { readLiveOptions, readRequest, Refused, type Request } from './arguments.ts'
import { createSandboxAccount } from './sandbox-account.ts'
import { formatEnd, formatTrial } from './table.ts'
import { tryAll } from './try-all.ts'

const TIMEOUT_MS = 20_000
const INTERRUPTED = 130

interface Place {
  readonly account: Account
  readonly close: () => Promise<void>
}

try {
  const request = readRequest(process.argv.slice(2))
  const place = request.isLive ? openLive() : await openSandbox()
  process.exitCode = await run(place, request)
} catch (thrown) {
  if (!(thrown instanceof Refused)) throw thrown
  for (const reason of thrown.reasons) console.error(reason)
  process.exitCode = 2
}

async function run({ account, close }: Place, { only }: Request): Promise<number> {
  const chosen = assumptions.filter(({ id }) => id.startsWith(only))
  if (chosen.length === 0) throw new Refused([`No assumption has an id that begins with ${only}.`])
  const stop = (): void => {
    if (!account.isStopped) console.error('Stopping: what was made is removed first.')
    account.stop()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const width = Math.max(...chosen.map(({ id }) => id.length))
  const trials = await tryAll(account, chosen, (trial) => console.log(formatTrial(trial, width)))
  console.log(`\n${formatEnd(trials)}`)
  await close()
  if (account.isStopped) return INTERRUPTED
  return trials.left.length > 0 || trials.trials.some(({ state }) => state === 'otherwise') ? 1 : 0
}

function openLive(): Place {
  const account = new Account({
    ...readLiveOptions(process.env),
    ...{ fetch, clock: systemClock, random: Math.random, timeoutMs: TIMEOUT_MS }
  })
  return { account, close: () => Promise.resolve() }
}

/** The sandbox's clock is the command's, so that waiting takes no time. */
async function openSandbox(): Promise<Place> {
  const clock = createVirtualClock(Date.now())
  const { sandbox, options } = createSandboxAccount({ clock })
  const { cloudflareApiUrl, githubApiUrl, close } = await serveSandbox(sandbox)
  const account = new Account({
    ...options,
    ...{ cloudflareApiUrl, githubApiUrl, fetch, clock, random: Math.random, timeoutMs: TIMEOUT_MS }
  })
  return { account, close }
}
