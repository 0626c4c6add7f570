import worker from '../../coordinator/src/index.ts'
import { configure } from '../../simulation/configurations.ts'
import { COORDINATOR_URL } from '../../simulation/coordinator-fetch.ts'
import { BOOTSTRAP, type World } from '../../simulation/world.ts'

const TOKEN = 'fake-slots-token-0123456789abcdefghi'
const NAMES = ['TOKEN_CREATION_TOKEN', 'SECRET_EDIT_TOKEN'].flatMap((name) => [
  `PRIMARY_${name}`,
  `SECONDARY_${name}`
])

/** A configuration whose writes to the store are confirmed when the coordinator sees them. */
export function seenBy(base = BOOTSTRAP): string {
  return configure(base, {
    top: { coordinator: { url: COORDINATOR_URL, token: 'REPORT_TOKEN', 'slots-token': 'SLOTS_TOKEN' } },
    store: { 'seen-by': 'coordinator' }
  })
}

/** Gives the job the tokens for the coordinator. */
export function addSlotsToken({ account }: World): void {
  const environment = account.repository.environment(account.environment)
  environment.put('REPORT_TOKEN', 'fake-report-token-0123456789abcdefgh')
  environment.put('SLOTS_TOKEN', TOKEN)
}

/** The real coordinator on bindings that show each write to the store some seconds late. */
export function createLateCoordinator(
  { sandbox, account, clock }: World,
  seconds: number
): (request: Request) => Promise<Response> {
  const written = new Map<string, { readonly value: string; readonly at: number }[]>()
  const note = (at: number): void => {
    for (const [name, value] of Object.entries(sandbox.cloudflare.secretsStores.values(account.store.id))) {
      const values = written.get(name) ?? []
      if (values.at(-1)?.value !== value) values.push({ value, at })
      written.set(name, values)
    }
  }
  note(-Infinity)
  sandbox.onCall(({ phase }) => {
    if (phase === 'after') note(clock.now() + seconds * 1000)
  })
  const bindingOf = (name: string): { get(): Promise<string> } => ({
    get: () => {
      const seen = written.get(name)?.findLast(({ at }) => at <= clock.now())
      return seen === undefined ? Promise.reject(new Error('not found')) : Promise.resolve(seen.value)
    }
  })
  const env = {
    SLOTS_TOKEN: TOKEN,
    SLOTS: NAMES,
    ...Object.fromEntries(NAMES.map((name) => [name, bindingOf(name)])),
    LOCKS: {
      idFromName: (name: string): unknown => name,
      get: () => ({ fetch: () => Promise.resolve(new Response(null, { status: 500 })) })
    }
  }
  // Its signatures take real time.
  return (request) => clock.hold(worker.fetch(request, env))
}
