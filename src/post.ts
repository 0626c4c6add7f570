import { isNodeTooOld } from './action/node-version.ts'

// What main has not done needs no cleaning up.
if (!isNodeTooOld()) {
  const { runPost } = await import('./action/run-post.ts')
  await runPost()
}
