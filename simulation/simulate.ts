/**
 * Runs the real code on the sandbox with every kind of fault: `npm run simulate -- [--runs N] [--seed S] [--mode exhaustive|random|concurrent|drawn]
 * [--only TEXT] [--workers N]`, or `--replay ID` for one trial, twice, with every call. Exits with 1 if an invariant was violated.
 */
import { parseArgs } from 'node:util'
import { useFakeSealing } from './fake-sealing.ts'
import { createWorkerPool } from './worker-pool.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { KINDS } from './kinds.ts'
import { Tally } from './tally.ts'
import { casesOf, runTrial, type TrialId, type Verdict } from './trial.ts'

const MODES = ['exhaustive', 'random', 'concurrent'] as const
/** Mode that stands for all seeded modes. */
const DRAWN = 'drawn'
/** Number of random and concurrent trials in a round, so that their number does not depend on the speed of the workers. */
const ROUND = 64
/** Most violations that are shown in full. */
const SHOWN = 20

await useFakeSealing()
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    only: { type: 'string' },
    workers: { type: 'string', default: '1' },
    replay: { type: 'string' }
  }
})
// Killed runs never end, and the SDK's own time-outs would keep the process alive for them.
process.exit(values.replay === undefined ? await simulate() : await replay(values.replay))

async function simulate(): Promise<number> {
  const modes = MODES.filter(
    (mode) =>
      values.mode === undefined || values.mode === mode || (values.mode === DRAWN && mode !== 'exhaustive')
  )
  if (modes.length === 0) throw new Error(`--mode is one of ${[...MODES, DRAWN].join(', ')}`)
  const pool = createWorkerPool(Number(values.workers))
  const tally = new Tally()
  const startedAt = performance.now()
  const note = progress(startedAt)
  if (modes.includes('exhaustive')) {
    const ids = [...(await listExhaustive()), ...(values.only === undefined ? listExceptionTrials() : [])]
    const verdicts = await pool.run(ids, note)
    verdicts.forEach((verdict) => tally.add(verdict))
  }
  const drawn = modes.filter((mode) => mode !== 'exhaustive')
  const until = tally.runs + Number(values.runs)
  for (let seed = Number(values.seed); drawn.length > 0 && tally.runs < until; seed += ROUND) {
    const ids = drawn.flatMap((mode) => Array.from({ length: ROUND }, (_, at) => `${mode}:${seed + at}`))
    const verdicts = await pool.run(ids, note)
    verdicts.forEach((verdict) => tally.add(verdict))
  }
  await pool.close()
  const whole = values.only === undefined && modes.includes('exhaustive')
  return report(tally, { seconds: (performance.now() - startedAt) / 1000, whole })
}

/** Lists every case of the matrix, or those whose id contains the text of `--only`. */
async function listExhaustive(): Promise<readonly TrialId[]> {
  const ids: TrialId[] = []
  for (const { name } of KINDS) ids.push(...(await casesOf(name)).map(({ id }) => id))
  return ids.filter((id) => values.only === undefined || id.includes(values.only))
}

/** Lists the trials for exceptions that no case of the matrix meets. */
function listExceptionTrials(): readonly TrialId[] {
  return EXCEPTIONS.map(({ metBy }) => metBy).filter((metBy) => metBy !== 'exhaustive')
}

function report(tally: Tally, { seconds, whole }: { seconds: number; whole: boolean }): number {
  console.log(`\n${tally.table()}\n`)
  console.log(`Exceptions:\n${tally.exceptions()}\n`)
  for (const verdict of tally.failed.slice(0, SHOWN)) describe(verdict)
  if (tally.failed.length > SHOWN) console.log(`and ${tally.failed.length - SHOWN} more\n`)
  const unused = whole ? tally.unused : []
  for (const id of unused) console.log(`VIOLATION the exception ${id} was never met`)
  console.log(
    `${tally.trials} trials, ${tally.runs} runs, ${tally.calls} calls in ${seconds.toFixed(1)} s: ` +
      `${(tally.runs / seconds).toFixed(1)} runs a second. ` +
      `${tally.failed.length} trials with violations, ${EXCEPTIONS.length} exceptions.`
  )
  return tally.failed.length + unused.length > 0 ? 1 : 0
}

function describe({ id, kind, violations }: Verdict): void {
  console.log(`VIOLATION in ${id} (${kind}); replay: npm run simulate -- --replay ${id}`)
  for (const { what, during, call } of violations) {
    const after = call === undefined ? '' : `, after call ${call.seq}: ${call.method} ${call.path}`
    console.log(`  ${what} (${during ?? 'end'}${after})`)
  }
}

/** Replays one trial: prints every call, and runs it again to compare the hashes. */
async function replay(id: TrialId): Promise<number> {
  const verdict = await runTrial(id, ({ label, calls, result }) => {
    console.log(`\n${label}: ${result?.record.outcome ?? 'killed'}`)
    for (const { seq, method, path, status, applied, fault } of calls) {
      console.log(
        `  ${seq} ${method} ${path} → ${status ?? 'nothing'}${applied ? '' : ', not applied'}${fault === undefined ? '' : ` [${fault}]`}`
      )
    }
    const { error } = result?.record.rotations[0] ?? result?.record ?? {}
    if (error != null) console.log(`  ${error.code}: ${error.message}`)
    for (const left of result?.record.rotations.flatMap((rotation) => rotation.left) ?? [])
      console.log(`  left: ${left}`)
  })
  const again = await runTrial(id)
  console.log('')
  if (verdict.violations.length > 0) describe(verdict)
  console.log(`${id}: ${verdict.hash}, and ${again.hash} when it was replayed`)
  return verdict.violations.length > 0 || again.hash !== verdict.hash ? 1 : 0
}

/** Prints a line now and then while a long run is in progress. */
function progress(startedAt: number): (verdict: Verdict) => void {
  let trials = 0
  let runs = 0
  let bad = 0
  let saidAt = startedAt
  return (verdict) => {
    trials += 1
    runs += verdict.runs
    if (verdict.violations.length > 0) bad += 1
    const now = performance.now()
    if (now - saidAt < 5_000) return
    saidAt = now
    const rate = runs / ((now - startedAt) / 1000)
    console.error(`${trials} trials, ${runs} runs, ${rate.toFixed(1)} a second, ${bad} with violations`)
  }
}
