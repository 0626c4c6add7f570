import { parentPort } from 'node:worker_threads'
import { useFakeSealing } from '../fake-sealing.ts'
import { getSetting } from './settings.ts'
import { simulateYear } from './year.ts'
import type { YearTask } from './years.ts'

await useFakeSealing()
// Each year is independent, so it does not matter which worker simulates it, or after which other year.
parentPort?.on('message', ({ setting, ...options }: YearTask) => {
  void simulateYear(getSetting(setting), options).then((result) => parentPort?.postMessage(result))
})
