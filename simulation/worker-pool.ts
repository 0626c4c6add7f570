import { Worker } from 'node:worker_threads'
import { runTrial, type TrialId, type Verdict } from './trial.ts'

/** Pool that runs trials, in this thread or in several. */
export interface WorkerPool {
  /** Returns the verdicts in the order of the ids, and passes each to the callback as it arrives. */
  run(ids: readonly TrialId[], onVerdict: (verdict: Verdict) => void): Promise<readonly Verdict[]>
  close(): Promise<void>
}

/** Creates a pool of that size; a pool of one works in this thread. */
export function createWorkerPool(size: number): WorkerPool {
  if (size <= 1) {
    return {
      async run(ids, onVerdict) {
        const verdicts: Verdict[] = []
        for (const id of ids) {
          const verdict = await runTrial(id)
          onVerdict(verdict)
          verdicts.push(verdict)
        }
        return verdicts
      },
      close: () => Promise.resolve()
    }
  }
  const workers = Array.from({ length: size }, () => new Worker(new URL('./worker.ts', import.meta.url)))
  return {
    async run(ids, onVerdict) {
      const verdicts = new Map<TrialId, Verdict>()
      const left = [...ids]
      await Promise.all(
        workers.map(async (worker) => {
          for (let id = left.shift(); id !== undefined; id = left.shift()) {
            const verdict = await ask(worker, id)
            onVerdict(verdict)
            verdicts.set(id, verdict)
          }
        })
      )
      return ids.map((id) => verdicts.get(id)!)
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    }
  }
}

function ask(worker: Worker, id: TrialId): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error)
    worker.once('error', fail)
    worker.once('message', (verdict: Verdict) => {
      worker.off('error', fail)
      resolve(verdict)
    })
    worker.postMessage(id)
  })
}
