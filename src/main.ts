import { refuseNode } from './action/node-version.ts'
import { announcePost, isPost } from './action/phase.ts'
import { findTooOldNode } from './process/node-version.ts'

const RUNNER = 'this runner'

/** Runs the action: main, or `post` where the runner starts it again at the end of the job. */
export async function runAction(): Promise<void> {
  if (isPost()) await post()
  else await main()
}

/** Runs the command `rotate-action`. */
export async function runCommandLine(): Promise<void> {
  const { runCli } = await import('./cli/run-cli.ts')
  await runCli()
}

async function main(): Promise<void> {
  announcePost()
  const tooOld = findTooOldNode(RUNNER)
  if (tooOld !== undefined) {
    refuseNode(tooOld)
    return
  }
  // Imported only here, since an older Node.js may not be able to load it.
  const { runMain } = await import('./action/run-action.ts')
  await runMain()
  announcePost()
}

async function post(): Promise<void> {
  // Main did nothing that needs cleaning up.
  if (findTooOldNode(RUNNER) !== undefined) return
  const { runPost } = await import('./action/run-post.ts')
  await runPost()
}
