import { appendFileSync } from 'node:fs'

/** Oldest Node.js that the action runs on. This file imports nothing that an older one cannot load. */
const OLDEST = 22

/** Whether this Node.js is too old. */
export function isNodeTooOld(): boolean {
  return Number(process.versions.node.split('.')[0]) < OLDEST
}

/** Fails the step because its Node.js is too old. */
export function refuseNode(): void {
  const file = process.env['GITHUB_OUTPUT'] ?? ''
  if (file !== '') appendFileSync(file, 'outcome<<_\nfailed\n_\n')
  console.log(
    `::error::rotate-action needs Node.js ${OLDEST} or later, and this runner has ${process.versions.node}: update the runner. ` +
      'Nothing was called and nothing was changed.'
  )
  process.exitCode = 1
}
