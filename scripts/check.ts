/** Runs everything that CI checks, in order, stops at the first that fails, and ends with jest's own counts alone on a line. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const report = join(root, 'build/jest.json')

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '.']],
  ['types', ['node_modules/@typescript/native/bin/tsc', '--noEmit']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.']],
  ['generated files', ['scripts/generate.ts', '--check']],
  ['dist', ['scripts/build.ts', '--check']],
  ['tests', ['scripts/test.ts', '--json', `--outputFile=${report}`]]
]

let failed: string | undefined
rmSync(report, { force: true })
for (const [name, args] of steps) {
  console.log(`\n== ${name}`)
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', name === 'tests' ? 'ignore' : 'inherit', 'inherit']
  })
  if (status !== 0) {
    failed = name
    break
  }
}

try {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8')
  ) as Record<string, number>
  if (failed !== undefined) console.log(`\nFailed: ${failed}`)
  console.log(
    `\n${numPassedTests} passed, ${(numFailedTests ?? 0) + (numRuntimeErrorTestSuites ?? 0)} failed`
  )
} catch {
  console.log(`\nFailed: ${failed ?? 'tests'}, before any test ran`)
  failed ??= 'tests'
}
process.exitCode = failed === undefined ? 0 : 1
