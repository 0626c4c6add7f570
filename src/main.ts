import { isNodeTooOld, refuseNode } from './action/node-version.ts'

if (isNodeTooOld()) {
  refuseNode()
} else {
  // Imported only here, since it may not even load on what is too old.
  const { runMain } = await import('./action/run-action.ts')
  await runMain()
}
