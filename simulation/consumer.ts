/**
 * Checks that a consumer is never interrupted: `node simulation/consumer.ts [--rotations N] [--seed S] [--lag SECONDS] [--slots 1|2] [--no-eyes] [--every N]` sends requests to
 * the example Worker on the Workers runtime during that many rotations with injected faults. Exits with 1 if a request failed.
 */
import { parseArgs } from 'node:util'
import { useFakeSealing } from './fake-sealing.ts'
import { watchRotations } from './watched-rotations.ts'

/** Most failed requests that are shown. */
const SHOWN = 20

await useFakeSealing()
const { values } = parseArgs({
  options: {
    rotations: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    lag: { type: 'string', default: '0' },
    slots: { type: 'string', default: '2' },
    'no-eyes': { type: 'boolean', default: false },
    every: { type: 'string', default: '1' }
  }
})
const startedAt = performance.now()
const report = await watchRotations({
  rotations: Number(values.rotations),
  seed: Number(values.seed),
  lagSeconds: Number(values.lag),
  slots: values.slots === '1' ? 1 : 2,
  eyes: !values['no-eyes'],
  everyNthCall: Number(values.every),
  onRun: progress()
})
const seconds = (performance.now() - startedAt) / 1000
const outcomes = Object.entries(report.outcomes).map(([outcome, count]) => `${count} ${outcome}`)
console.log(`Runs: ${outcomes.join(', ')}`)
console.log(
  `${report.calls} calls, ${report.faults} of them broken; ${report.manualDeletions} times PRIMARY was deleted by hand`
)
console.log(
  `${report.requests} requests of the Worker, ${report.fallbacks} of them with SECONDARY, ${report.failures.length} failed`
)
console.log(
  `${seconds.toFixed(1)} s, ${report.requestMs.toFixed(1)} ms a request; this course is ${report.hash}`
)
for (const failure of report.failures.slice(0, SHOWN)) console.log(`FAILED ${failure.trimEnd()}`)
if (report.failures.length > SHOWN) console.log(`and ${report.failures.length - SHOWN} more`)
for (const violation of report.violations) console.log(`VIOLATION ${violation}`)
// Killed runs never end, and the SDK's own time-outs would keep the process alive for them.
process.exit(report.failures.length + report.violations.length > 0 ? 1 : 0)

/** Prints a line now and then while a long run is in progress. */
function progress(): (outcome: string) => void {
  let runs = 0
  let rotated = 0
  let saidAt = performance.now()
  return (outcome) => {
    runs += 1
    if (outcome === 'rotated') rotated += 1
    const now = performance.now()
    if (now - saidAt < 5_000) return
    saidAt = now
    console.error(`${runs} runs, ${rotated} of them rotated`)
  }
}
