/** Runs jest with ES modules on the Node.js that the action declares; arguments go to jest. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...process.argv.slice(2)
  ],
  { cwd: root, stdio: 'inherit' }
)
process.exitCode = status ?? 1
