import { parentPort } from 'node:worker_threads'
import { sealCheaply } from './cheap-sealing.ts'
import { runTrial } from './trial.ts'

await sealCheaply()
// Each trial is whole in itself, so that it does not matter which worker runs it, nor after which other.
parentPort?.on('message', (id: string) => {
  void runTrial(id).then((verdict) => parentPort?.postMessage(verdict))
})
