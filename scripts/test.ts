/** Runs jest with ES modules on the Node.js that the action declares: all tests, with `--short` those that take seconds, with `--long` the others. Other arguments go to jest. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const LONG = String.raw`\.long\.test\.ts$`

const root = join(import.meta.dirname, '..')
const given = process.argv.slice(2)
const scope = [
  ...(given.includes('--short') ? [`--testPathIgnorePatterns=${LONG}`] : []),
  ...(given.includes('--long') ? ['--testMatch=**/*.long.test.ts'] : [])
]
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...given.filter((argument) => argument !== '--short' && argument !== '--long'),
    ...scope
  ],
  {
    cwd: root,
    stdio: 'inherit',
    // Each worker loads TypeScript and jest; this halves the time that takes.
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/rotate-action/node'), ...process.env }
  }
)
process.exitCode = status ?? 1
