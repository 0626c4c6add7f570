import { afterAll, describe, expect, it, jest } from '@jest/globals'
import { Miniflare } from 'miniflare'
import { addWorker, SCRIPT, WITH_WORKER as configuration } from '../../simulation/elsewhere.ts'
import { HOUR } from '../../simulation/times.ts'
import { createWorld } from '../../simulation/world.ts'

// The Workers runtime takes a second or two to start.
jest.setTimeout(60_000)

/** Answers with what it reads from its bindings. */
const SHOW = `export default {
  fetch: (_request, env) => Response.json(Object.fromEntries(Object.keys(env).sort().map((name) => [name, env[name]])))
}`
const world = createWorld()
addWorker(world)
const started: Miniflare[] = []

afterAll(async () => {
  await Promise.all(started.map((one) => one.dispose()))
})

async function readInWorker(): Promise<Record<string, string>> {
  const miniflare = new Miniflare({
    modules: true,
    script: SHOW,
    compatibilityDate: '2026-07-01',
    bindings: world.sandbox.cloudflare.workers.values(SCRIPT)
  })
  started.push(miniflare)
  const response = await miniflare.dispatchFetch('http://site.example/')
  return (await response.json()) as Record<string, string>
}

describe('a Worker on the Workers runtime', () => {
  it('reads both slots of each credential from its bindings after every rotation, and every value works', async () => {
    const { tokens } = world.sandbox.cloudflare
    for (let rotation = 1; rotation <= 2; rotation++) {
      expect((await world.run({ configuration })).record.outcome).toBe('rotated')
      const read = await readInWorker()
      expect(Object.keys(read)).toEqual([
        'PRIMARY_SECRET_EDIT_TOKEN',
        'PRIMARY_TOKEN_CREATION_TOKEN',
        'SECONDARY_SECRET_EDIT_TOKEN',
        'SECONDARY_TOKEN_CREATION_TOKEN'
      ])
      for (const value of Object.values(read)) expect(tokens.works(value)).toBe(true)
      expect(read['PRIMARY_SECRET_EDIT_TOKEN']).toBe(world.environment()['PRIMARY_SECRET_EDIT_TOKEN'])
      world.clock.advance(HOUR)
    }
  })
})
