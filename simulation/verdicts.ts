import { existingObjects } from './credentials.ts'
import type { Violation } from './invariants.ts'
import { holdingsOf, classifySlot } from './slots.ts'
import { readConfiguration, type World, type WorldRun } from './world.ts'

/** Ids that PRIMARY certainly held when a run began, by the name of the credential. */
export type HeldPrimaries = ReadonlyMap<string, string>

/**
 * Finds the working objects in PRIMARY at the destination that gives a run its values, which is the first one in GitHub; none of credentials whose value
 * no run is given.
 */
export function findHeldPrimaries(world: World, configuration: string): HeldPrimaries {
  const feeding = holdingsOf(world, readConfiguration(configuration)).filter(
    ({ label, isGiven }) => isGiven && label.includes(' at github-secret of ')
  )
  const nameOf = ({ label }: (typeof feeding)[number]): string =>
    label.replace(/ at github-secret of .*$/, '')
  const firsts = new Map([...feeding].reverse().map((holding) => [nameOf(holding), holding]))
  return new Map(
    [...firsts].flatMap(([name, holding]) => {
      const [primary] = holding.slots()
      const truth = primary === undefined ? undefined : classifySlot(world, holding.type, primary)
      const [id] = truth?.ids ?? []
      if (truth?.works !== true || id === undefined || truth.mixed) return []
      return [[name, id] as const]
    })
  )
}

/** Finds violations of I7: a run revoked what PRIMARY held although it could not read it, however it was answered. */
export function findUnreadRevocations(
  world: World,
  { record }: WorldRun,
  held: HeldPrimaries
): readonly Violation[] {
  const alive = new Set(
    existingObjects(world)
      .filter(({ enabled }) => enabled)
      .map(({ id }) => id)
  )
  return record.rotations.flatMap(({ credentials }) =>
    credentials.flatMap(({ name, old }): Violation[] => {
      const id = held.get(name)
      if (id === undefined || old?.id === id || alive.has(id)) return []
      return [
        {
          invariant: 'I7',
          what: `I7: ${id}, which PRIMARY of ${name} held, was revoked by a run that did not read it`
        }
      ]
    })
  )
}

/** Finds violations of I8: a token in a slot has other permissions or conditions than the one that was created by hand. */
export function findChangedPermissions(world: World, configuration: string): readonly Violation[] {
  const { account, sandbox } = world
  const models = new Map([
    ['token-creation', describe(account.tokenCreation)],
    ['secret-edit', describe(account.secretEdit)]
  ])
  return holdingsOf(world, readConfiguration(configuration)).flatMap((holding) => {
    const model = models.get(holding.label.split(' at ')[0]!)
    if (model === undefined || holding.type !== 'account-token') return []
    return holding.slots().flatMap(({ slot, values }): Violation[] => {
      const token = sandbox.cloudflare.tokens.findByValue(values['value'] ?? '')
      if (token === undefined || describe(token) === model) return []
      return [
        { invariant: 'I8', what: `I8: ${slot} of ${holding.label} may do other things: ${describe(token)}` }
      ]
    })
  })
}

function describe({ policies, condition }: World['account']['secretEdit']): string {
  const grants = policies.flatMap(({ effect, permission_groups, resources }) =>
    permission_groups.map(({ id }) => JSON.stringify([effect, id, resources]))
  )
  return JSON.stringify([grants.sort(), condition ?? null])
}
