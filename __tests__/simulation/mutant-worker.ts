import { parentPort, workerData } from 'node:worker_threads'
import { useFakeSealing } from '../../simulation/fake-sealing.ts'
import { casesOf, runTrial } from '../../simulation/trial.ts'
import type { Selection } from './mutants.ts'

// Bundled with one change in the sources, and run as a thread of its own.
await useFakeSealing()
const selections = workerData as readonly Selection[]
const found = new Set<string>()
let trials = 0
for (const id of (await Promise.all(selections.map(idsOf))).flat()) {
  trials += 1
  const { violations } = await runTrial(id)
  for (const { invariant } of violations) found.add(invariant)
  if (found.size > 0) break
}
parentPort?.postMessage({ trials, invariants: [...found] })

async function idsOf(selection: Selection): Promise<readonly string[]> {
  if ('ids' in selection) return selection.ids
  const { kind, operation, faults } = selection
  return (await casesOf(kind))
    .filter(
      ({ position, fault }) => position.operation.search(operation) !== -1 && faults.includes(fault.name)
    )
    .map(({ id }) => id)
}
