import { runAction } from './index.mjs'
await runAction()
