import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from '@jest/globals'
import { createSandbox } from '../../sandbox/sandbox.ts'
import { seedBootstrapAccount } from '../../sandbox/seed.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

it('ends a hanging call on abort after garbage was collected', async () => {
  const sandbox = createSandbox()
  seedBootstrapAccount(sandbox)
  sandbox.faults.add({ match: {}, when: 'before', answer: 'hang' })
  const [deadline, cancelled] = [new AbortController(), new AbortController()]
  let ended = false
  void (async () => {
    const signal = AbortSignal.any([deadline.signal, cancelled.signal])
    await sandbox.fetch('https://api.cloudflare.com/client/v4/accounts/x/tokens', { signal })
  })().catch(() => {
    ended = true
  })
  for (let turn = 0; turn < 2; turn++) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    collectGarbage()
  }
  expect(ended).toBe(false)
  deadline.abort()
  await new Promise<void>((resolve) => setImmediate(resolve))
  expect(ended).toBe(true)
})
