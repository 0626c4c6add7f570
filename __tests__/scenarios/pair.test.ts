import { describe, expect, it } from '@jest/globals'
import { HTTP_PROBE, configure } from '../../simulation/configurations.ts'
import { ACCESS, type World } from '../../simulation/world.ts'
import { formatPair, readPair, type PairFormat } from '../../src/kernel/pair.ts'
import { expectRotated, credentialOf } from './expectations.ts'
import { accessService, createRotatedScenario, createScenario, type Scenario } from './scenario.ts'

const ID = 'R2_EXPLORER_ACCESS_CLIENT_ID'
const SECRET = 'R2_EXPLORER_ACCESS_CLIENT_SECRET'
const PAIR = 'R2_EXPLORER_ACCESS_PAIR'

const FORMATS: Readonly<Record<PairFormat['format'], PairFormat>> = {
  json: { format: 'json', keys: { 'client-id': 'client-id', 'client-secret': 'client-secret' } },
  env: { format: 'env', keys: { 'client-id': ID, 'client-secret': SECRET } }
}

/** The Access pair, kept in one secret of the environment. */
function paired(format: PairFormat['format']) {
  const { keys } = FORMATS[format]
  const pair = { primary: PAIR, format, ...(format === 'env' ? { keys } : {}) }
  return {
    ...accessService,
    configuration: configure(configure(ACCESS, { credential: { secrets: undefined } }), {
      credential: { secrets: { pair }, verify: [HTTP_PROBE] }
    }),
    prepare: (world: World) => {
      accessService.prepare(world)
      const vault = world.account.repository.environment(world.automation?.environment ?? '')
      const texts = {
        'client-id': vault.find(ID)?.value ?? '',
        'client-secret': vault.find(SECRET)?.value ?? ''
      }
      vault.delete(ID)
      vault.delete(SECRET)
      vault.put(PAIR, formatPair(texts, FORMATS[format]))
    }
  }
}

function heldPair(world: Scenario, format: PairFormat['format']) {
  const vault = world.account.repository.environment(world.automation?.environment ?? '')
  return readPair(vault.find(PAIR)?.value ?? '', FORMATS[format])
}

describe.each(['json', 'env'] as const)('a pair in one secret, as %s', (format) => {
  it('is rotated with one write, from which the next run reads its own values', async () => {
    const world = await createRotatedScenario(paired(format))
    const before = heldPair(world, format)
    const run = await world.run()
    expectRotated(world, run)
    expect(heldPair(world, format)).not.toEqual(before)
    const writes = world.sandbox.transcript.calls.filter(
      ({ method, path }) => method === 'PUT' && path.includes('/secrets/')
    )
    expect(writes.map(({ path }) => path.split('/').at(-1))).toEqual([PAIR])
  })

  it('keeps its client id in the record and its secret out of it', async () => {
    const world = createScenario(paired(format))
    const run = await world.run()
    const held = heldPair(world, format)
    expect(credentialOf(run).new?.clientId).toBe(held?.['client-id'])
    expect(JSON.stringify(run.record)).not.toContain(held?.['client-secret'])
  })

  it('is restored as a whole when the new pair cannot be confirmed', async () => {
    const world = await createRotatedScenario(paired(format))
    const before = heldPair(world, format)
    world.sandbox.faults.add({
      match: { method: 'PUT', path: new RegExp(`${PAIR}$`) },
      when: 'before',
      answer: { status: 422 }
    })
    const { record } = await world.run()
    expect(record.outcome).toBe('rolled-back')
    expect(heldPair(world, format)).toEqual(before)
  })
})

describe('a pair in one secret that cannot be read', () => {
  it('is refused before anything is called, without its text', async () => {
    const world = createScenario(paired('json'))
    const vault = world.account.repository.environment(world.automation?.environment ?? '')
    vault.put(PAIR, '{"client-id": "something-secret-without-end')
    world.sandbox.transcript.clear()
    const { record } = await world.run()
    expect(record.outcome).toBe('failed')
    expect(record.error?.message).toContain(
      `rotations[0].credentials[0].secrets.pair: the environment variable ${PAIR} is not a JSON object with the keys client-id and client-secret`
    )
    expect(JSON.stringify(record)).not.toContain('something-secret')
    expect(
      world.sandbox.transcript.calls.filter(({ method }) => method !== 'GET' && method !== 'POST')
    ).toEqual([])
  })
})
