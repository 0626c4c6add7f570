import { isNodeTooOld, refuseNode } from './action/node-version.ts'
import { announcePost, isPost } from './action/phase.ts'

/** Runs the action: main, or `post` where the runner starts it again at the end of the job. */
export async function run(): Promise<void> {
  if (isPost()) await post()
  else await main()
}

async function main(): Promise<void> {
  announcePost()
  if (isNodeTooOld()) {
    refuseNode()
    return
  }
  // Imported only here, since an older Node.js may not be able to load it.
  const { runMain } = await import('./action/run-action.ts')
  await runMain()
  announcePost()
}

async function post(): Promise<void> {
  // Main did nothing that needs cleaning up.
  if (isNodeTooOld()) return
  const { runPost } = await import('./action/run-post.ts')
  await runPost()
}
