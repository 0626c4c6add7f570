import { CALLS } from './calls.ts'
import { configure, SINGLE_TOKEN } from './configurations.ts'
import { BOOTSTRAP, type World } from './world.ts'

/** Worker and Pages project that the configurations here write to. */
export const SCRIPT = 'site'
export const PROJECT = 'docs'

const auth = { workers: 'WORKERS_TOKEN' }
const worker = { type: 'worker-secret', script: SCRIPT }
const pages = { type: 'pages-secret', project: PROJECT }

/** The bootstrap pair, also written to a Worker. */
export const WITH_WORKER = configure(BOOTSTRAP, { top: { auth }, moreDestinations: { after: [worker] } })

/** The bootstrap pair, also written to a Pages project. */
export const WITH_PAGES = configure(BOOTSTRAP, { top: { auth }, moreDestinations: { after: [pages] } })

/** One account token in a single slot, also written to a Pages project. */
export const SINGLE_WITH_PAGES = configure(SINGLE_TOKEN, {
  top: { auth },
  moreDestinations: { after: [pages] }
})

/** The bootstrap pair, also written to a Worker and a Pages project. */
export const ELSEWHERE = configure(BOOTSTRAP, {
  top: { auth },
  moreDestinations: { after: [worker, pages] }
})

/** One account token in a single slot, also written to a Worker and a Pages project. */
export const SINGLE_ELSEWHERE = configure(SINGLE_TOKEN, {
  top: { auth },
  moreDestinations: { after: [worker, pages] }
})

/** Adds the Worker, with the values that PRIMARY holds. */
export function addWorker(world: World): void {
  world.sandbox.cloudflare.workers.addScript(SCRIPT, { secrets: primaryOf(world) })
  addWorkersToken(world)
}

/** Adds the Pages project, whose production deployment reads the values that PRIMARY holds. */
export function addPagesProject(world: World): void {
  const { pages: projects } = world.sandbox.cloudflare
  const production = Object.fromEntries(
    Object.entries(primaryOf(world)).map(([name, value]) => [name, { type: 'secret_text', value } as const])
  )
  projects.addProject(PROJECT, { production })
  projects.deploy(PROJECT)
  addWorkersToken(world)
}

/** Adds both. The project is deployed when a run creates a token: its code reads what the run before it wrote. */
export function addWorkerAndPages(world: World): void {
  addWorker(world)
  addPagesProject(world)
  world.sandbox.onCall(({ phase, call }) => {
    if (phase === 'before' && call.operation === CALLS.createToken)
      world.sandbox.cloudflare.pages.deploy(PROJECT)
  })
}

function primaryOf(world: World): Record<string, string> {
  return Object.fromEntries(
    Object.entries(world.environment()).filter(([name]) => name.startsWith('PRIMARY_'))
  )
}

/** Adds the token that may write the secrets of Workers and Pages, once. */
export function addWorkersToken({ sandbox, account }: Pick<World, 'sandbox' | 'account'>): void {
  const vault = account.repository.environment(account.environment)
  if (vault.find('WORKERS_TOKEN') !== undefined) return
  const groups = ['Workers Scripts Write', 'Pages Write']
  vault.put('WORKERS_TOKEN', sandbox.cloudflare.tokens.seed({ name: 'Workers and Pages', groups }).value)
}
