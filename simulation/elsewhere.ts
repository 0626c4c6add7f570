import { configure } from './configurations.ts'
import { BOOTSTRAP, type World } from './world.ts'

/** Worker that {@link WITH_WORKER} writes to. */
export const SCRIPT = 'site'

const auth = { workers: 'WORKERS_TOKEN' }

/** The bootstrap pair, also written to a Worker. */
export const WITH_WORKER = configure(BOOTSTRAP, {
  top: { auth },
  moreDestinations: { after: [{ type: 'worker-secret', script: SCRIPT }] }
})

/** Adds the Worker, with the values that PRIMARY holds, and the token that may write its secrets. */
export function addWorker(world: World): void {
  const { sandbox } = world
  addToken(world)
  const primary = Object.entries(world.environment()).filter(([name]) => name.startsWith('PRIMARY_'))
  sandbox.cloudflare.workers.addScript(SCRIPT, { secrets: Object.fromEntries(primary) })
}

function addToken({ sandbox, account }: World): void {
  const { value } = sandbox.cloudflare.tokens.seed({
    name: 'Workers and Pages',
    groups: ['Workers Scripts Write', 'Pages Write']
  })
  account.repository.environment(account.environment).put('WORKERS_TOKEN', value)
}
