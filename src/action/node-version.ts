import { appendFileSync } from 'node:fs'

/** Fails the step because its Node.js is too old. */
export function refuseNode(reason: string): void {
  const file = process.env['GITHUB_OUTPUT'] ?? ''
  if (file !== '') appendFileSync(file, 'outcome<<_\nfailed\n_\n')
  console.log(`::error::${reason}`)
  process.exitCode = 1
}
