/**
 * `npm run demo`: runs the built action with each of its commands on a local Cloudflare and a local GitHub, as GitHub's runner would.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CoordinatorDemo } from './coordinator.ts'
import { Demo } from './demo.ts'
import { bold } from './screen.ts'

async function showRotations(demo: Demo): Promise<void> {
  await demo.rotateTokens(
    'The first rotation',
    'GitHub holds two tokens, created by hand, as PRIMARY_*. There is no SECONDARY yet, and the Secrets Store is empty.'
  )
  demo.showSlots()
  await demo.rotateTokens(
    'A plan',
    'The command "plan" only reads. It shows what the next rotation would create, write and revoke, and why.',
    { command: 'plan' }
  )
  await demo.rotateTokens(
    'The next rotation',
    'PRIMARY moves to SECONDARY, new tokens become PRIMARY, and the tokens created by hand are revoked.'
  )
  demo.showSlots()
}

async function showFailures(demo: Demo): Promise<void> {
  const release = await demo.holdLock()
  await demo.rotateTokens(
    'The lock is held',
    'A run of another repository holds the lock. This run changes nothing and does not fail.'
  )
  await release()
  const restore = demo.breakGithub()
  await demo.rotateTokens(
    'A run that fails',
    'GitHub refuses writes in the middle of the promotion. The run restores the old values and opens one issue.'
  )
  demo.showSlots()
  demo.showIssues()
  restore()
  await demo.rotateTokens(
    'The recovery',
    'GitHub accepts writes again. The rotation succeeds and closes the issue.'
  )
  demo.showSlots()
  demo.showIssues()
}

async function showGate(demo: Demo): Promise<void> {
  await demo.rotateGated(
    'A rollout gate that turns red',
    'Before anything old is revoked, the run starts the deployment of a consumer. It fails: the run restores the old values and deletes the new ones.',
    'failure'
  )
  demo.showSlots()
  demo.showIssues()
  await demo.rotateGated(
    'The gate passes',
    'The consumer is fixed and its deployment succeeds. Only then is the oldest value revoked, and the issue closed.',
    'success'
  )
  demo.showIssues()
}

async function showOtherCommands(demo: Demo): Promise<void> {
  await demo.rotateTokens(
    'A check',
    'The command "check" only reads. It shows whether everything works and whether the next rotation can succeed.',
    { command: 'check' }
  )
  await demo.rotateTokens(
    'A rollback',
    'A consumer does not work with the new tokens. The command "rollback" verifies SECONDARY, swaps the slots, and revokes nothing.',
    { command: 'rollback' }
  )
  demo.showSlots()
  await demo.rotateTokens(
    'An exposure',
    'A value has leaked. With the command "contain" new tokens fill both slots at once, and everything older is revoked.',
    { command: 'contain' }
  )
  demo.showExposed()
  demo.showSlots()
}

async function showAccess(demo: Demo): Promise<void> {
  await demo.rotateAccess(
    'An Access service token',
    'The run creates a new pair, adds it to every policy that names the old one, verifies it with the service and the r2 command, and writes it. The old one is disabled, confirmed revoked, and deleted.'
  )
  demo.showServiceTokens()
  const restore = demo.breakService()
  await demo.rotateAccess(
    'A service that refuses the new pair',
    'The service answers 403 insufficient_scope to the old pair too, so that a rotation is due at once. It refuses the new pair as well, and the run restores everything.'
  )
  restore()
  demo.showServiceTokens()
  demo.showIssues()
  await demo.rotateAccess(
    'The service accepts the pair again',
    'The next rotation is due in thirty days. The run changes nothing and closes the issue.'
  )
}

async function showCoordinator(demo: Demo): Promise<void> {
  const stage = await CoordinatorDemo.start()
  try {
    demo.announce(
      'The coordinator starts a run on time',
      'GitHub starts scheduled runs late or not at all. A Worker starts this one as its interval begins, holds its lock, and is told how it ended.'
    )
    await stage.startOnTime()
    demo.announce(
      'A run that GitHub swallows',
      'GitHub accepts a start, and no run ever begins. The coordinator looks for it, and starts another one.'
    )
    await stage.swallow()
    demo.announce(
      'No run ends well',
      'The coordinator starts a failed run again. When none has ended well in time, it raises the alarm, once, and says when that is over.'
    )
    await stage.failAndRecover()
  } finally {
    await stage.stop()
  }
}

const root = join(import.meta.dirname, '..')
if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist is missing: run "npm run bundle"')
console.log(
  bold(
    'This demo runs the built action, dist/, against a local Cloudflare and a local GitHub, on the Node.js that action.yml declares.'
  )
)
const demo = await Demo.start()
try {
  await showRotations(demo)
  await showFailures(demo)
  await showGate(demo)
  await showOtherCommands(demo)
  await showAccess(demo)
  await showCoordinator(demo)
  console.log(`\n${bold('Done.')} The job summaries are in .demo/.`)
} finally {
  await demo.stop()
}
