import type { Violation } from './invariants.ts'
import type { World } from './world.ts'

/** Homes of the bootstrap pair and of the Access automation: hashes of `octo-org/ops/rotation` and `octo-org/ops/automation`. */
const HOMES = { tokens: '4b147bce', access: 'afb65819' } as const
const OTHER_HOME = '0a1b2c3d'

/**
 * Gives the token that edits secrets a client IP filter, and adds credentials to the account that no rotation may change: those of another home under
 * the same names, and some whose names only look managed. Their ids are in `world.unrelatedIds`.
 */
export function addUnrelatedObjects(world: World): void {
  const { clock, sandbox } = world
  world.account.secretEdit.condition = { request_ip: { in: ['203.0.113.0/24'] } }
  const { tokens, access } = sandbox.cloudflare
  const now = stampOf(clock.now())
  // A run that exists: another environment of the repository names its objects like this.
  const run = world.account.run.id
  const names = (home: string, path: string): readonly string[] => [
    `rotate/${OTHER_HOME}/${path}/${now}-${run}.1`,
    `rotate/${OTHER_HOME}/${path}/${now}-${run}.1~old`,
    `rotate/${home}/${path}/21000101T000000Z-${run}.1`,
    `rotate/${home}/${path}/99991231T235959Z-${run}.1~old`,
    `rotate/${home}/${path}/20240101T000000Z-${run}.1~old`,
    `rotate/${home}/${path}/20240101T000000Z-0.0~old`,
    `rotate/${home}/${path}/20240101T000000Z-${run}.1`
  ]
  for (const credential of ['token-creation', 'secret-edit']) {
    for (const name of names(HOMES.tokens, `bootstrap/${credential}`))
      world.unrelatedIds.add(tokens.seed({ name, groups: ['Zone Read'] }).id)
  }
  if (world.automation === undefined) return
  for (const name of names(HOMES.access, 'share-automation/r2-explorer')) {
    const { id } = access.serviceTokens.create({ name })
    world.unrelatedIds.add(id)
    const rule = { service_token: { token_id: id } }
    access.policies.create(
      { name: `Door of ${id}`, decision: 'non_identity', include: [{ everyone: {} }], require: [rule] },
      { reusable: true }
    )
  }
}

/** Returns a check that finds changes to unrelated objects since now. */
export function watchUnrelatedObjects(world: World): () => readonly Violation[] {
  const before = describe(world)
  return () => {
    const now = describe(world)
    return [...before]
      .filter(([id, state]) => now.get(id) !== state)
      .map(([id, state]) => ({
        invariant: 'I2',
        what: `I2: what belongs to others was changed: ${id}: ${state} became ${now.get(id) ?? 'nothing'}`
      }))
  }
}

/** Describes each unrelated object: its name, whether it works, and the rules that name it. */
function describe({ sandbox, unrelatedIds }: World): ReadonlyMap<string, string> {
  const { tokens, access } = sandbox.cloudflare
  const rules = Object.values(access.ruleBodies).map((body) => JSON.stringify(body))
  const stated = [
    ...tokens.existing.map(
      ({ id, name, disabled }) => [id, `${name}, ${disabled ? 'disabled' : 'enabled'}`] as const
    ),
    ...access.serviceTokens.existing.map(
      ({ id, name, enabled }) => [id, `${name}, ${enabled.current ? 'enabled' : 'disabled'}`] as const
    )
  ]
  return new Map(
    stated
      .filter(([id]) => unrelatedIds.has(id))
      .map(([id, state]) => [id, `${state}, ${rules.filter((rule) => rule.includes(id)).join()}`])
  )
}

function stampOf(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')
}
