import { parentPort } from 'node:worker_threads'
import { useFakeSealing } from './fake-sealing.ts'
import { runTrial } from './trial.ts'

await useFakeSealing()
// Each trial is independent, so it does not matter which worker runs it, or after which other trial.
parentPort?.on('message', (id: string) => {
  void runTrial(id).then((verdict) => parentPort?.postMessage(verdict))
})
