/** Runs everything that CI checks, in order, stops at the first that fails, and ends with jest's own counts of both test steps alone on a line. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const reports = [join(root, 'build/jest.json'), join(root, 'build/jest-long.json')] as const

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '.']],
  ['types', ['node_modules/@typescript/native/bin/tsc', '--noEmit']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.']],
  ['generated files', ['scripts/generate.ts', '--check']],
  ['dist', ['scripts/build.ts', '--check']],
  ['tests', ['scripts/test.ts', '--short', '--json', `--outputFile=${reports[0]}`]],
  ['long tests', ['scripts/test.ts', '--long', '--json', `--outputFile=${reports[1]}`]]
]

let failed: string | undefined
for (const report of reports) rmSync(report, { force: true })
for (const [name, args] of steps) {
  console.log(`\n== ${name}`)
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', name.endsWith('tests') ? 'ignore' : 'inherit', 'inherit']
  })
  if (status !== 0) {
    failed = name
    break
  }
}

const counts = reports.filter((report) => existsSync(report)).map(countTests)
if (failed === undefined || counts.length > 0) {
  if (failed !== undefined) console.log(`\nFailed: ${failed}`)
  const sum = (which: keyof Counts): number => counts.reduce((total, one) => total + one[which], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`)
} else {
  console.log(`\nFailed: ${failed}, before any test ran`)
}
process.exitCode = failed === undefined ? 0 : 1

interface Counts {
  readonly passed: number
  readonly failed: number
}

/** The counts of a report of jest; a file that cannot be loaded counts as one failure. */
function countTests(report: string): Counts {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8')
  ) as Record<string, number>
  return {
    passed: numPassedTests ?? 0,
    failed: (numFailedTests ?? 0) + (numRuntimeErrorTestSuites ?? 0)
  }
}
