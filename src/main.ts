import { runMain } from './action/run-action.ts'

await runMain()
